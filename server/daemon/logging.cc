#include "daemon/logging.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace greeter::daemon {
namespace {

constexpr char kTime[] = "%Y-%m-%dT%H:%M:%S.%eZ";
// The record logger's name says which format LogRecord() is to write.
constexpr char kTextRecords[] = "text";
constexpr char kJsonRecords[] = "json";

template <typename Out>
void AppendEscaped(char c, Out& out) {
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    out.push_back('\\');
    out.push_back(c);
  } else if (byte < 0x20) {
    constexpr char kHex[] = "0123456789abcdef";
    for (const char part : {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 0xF]}) {
      out.push_back(part);
    }
  } else {
    out.push_back(c);
  }
}

// The message as the inside of a JSON string (RFC 8259, section 7).
class JsonMessage final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& record, const std::tm&,
              spdlog::memory_buf_t& out) override {
    for (const char c : record.payload) AppendEscaped(c, out);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JsonMessage>();
  }
};

// The message on one line, whatever clients or files put into it.
class OneLineMessage final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& record, const std::tm&,
              spdlog::memory_buf_t& out) override {
    for (const char c : record.payload) {
      if (static_cast<unsigned char>(c) < 0x20) {
        AppendEscaped(c, out);
      } else {
        out.push_back(c);
      }
    }
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<OneLineMessage>();
  }
};

bool IsWord(absl::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '\\' || c == '=') return false;
  }
  return !text.empty();
}

std::string ValueOf(const LogField& field, bool json) {
  if (const auto* number = std::get_if<uint64_t>(&field.value)) return absl::StrCat(*number);
  if (const auto* yes = std::get_if<bool>(&field.value)) return *yes ? "true" : "false";
  const auto& text = std::get<std::string>(field.value);
  return json || !IsWord(text) ? InQuotes(text) : text;
}

std::string ToLine(bool json, const char* message, const std::vector<LogField>& fields) {
  std::string line = json ? absl::StrCat("\"message\":", InQuotes(message)) : message;
  for (const LogField& field : fields) {
    const std::string value = ValueOf(field, json);
    absl::StrAppend(&line, json ? absl::StrCat(",\"", field.name, "\":", value)
                                : absl::StrCat(" ", field.name, "=", value));
  }
  return line;
}

// Of messages made by ToLine().
std::unique_ptr<spdlog::pattern_formatter> RecordFormatter(bool json) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->set_pattern(json ? absl::StrCat(R"({"time":")", kTime, R"(","level":"%l",%v})")
                              : absl::StrCat(kTime, " %-7l %v"));
  return formatter;
}

// What was dropped, as a whole line.
std::string LossesLine(bool json, const LogOutput::Losses& losses) {
  const std::string text = ToLine(
      json, "log records were dropped, for nobody took them",
      {{"dropped", losses.ordinary + losses.audit}, {"dropped_audit_records", losses.audit}});
  spdlog::memory_buf_t line;
  RecordFormatter(json)->format({"", spdlog::level::warn, text}, line);
  return {line.data(), line.size()};
}

class OutputSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  OutputSink(std::shared_ptr<LogOutput> output, LogOutput::Kind kind)
      : output_(std::move(output)), kind_(kind) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& record) override {
    spdlog::memory_buf_t line;
    formatter_->format(record, line);
    output_->Write(absl::string_view(line.data(), line.size()), kind_);
  }
  void flush_() override {}

 private:
  const std::shared_ptr<LogOutput> output_;
  const LogOutput::Kind kind_;
};

std::shared_ptr<spdlog::logger> MakeLoggerOn(std::shared_ptr<LogOutput> output,
                                             LogOutput::Kind kind, const char* name,
                                             const std::string& level,
                                             std::unique_ptr<spdlog::pattern_formatter> formatter) {
  auto logger =
      std::make_shared<spdlog::logger>(name, std::make_shared<OutputSink>(std::move(output), kind));
  logger->set_formatter(std::move(formatter));
  logger->set_level(spdlog::level::from_str(level));
  return logger;
}

}  // namespace

std::string InQuotes(absl::string_view text) {
  std::string out = "\"";
  for (const char c : text) AppendEscaped(c, out);
  out.push_back('"');
  return out;
}

absl::StatusOr<std::shared_ptr<LogOutput>> StartLogOutput(LogFormat format) {
  const bool json = format == LogFormat::kJson;
  LogOutput::Options options;
  options.report = [json](const LogOutput::Losses& losses) { return LossesLine(json, losses); };
  return LogOutput::Start(STDERR_FILENO, std::move(options));
}

std::shared_ptr<spdlog::logger> MakeLogger(std::shared_ptr<LogOutput> output, LogFormat format,
                                           const std::string& level) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  if (format == LogFormat::kJson) {
    formatter->add_flag<JsonMessage>('*').set_pattern(
        absl::StrCat(R"({"time":")", kTime, R"(","level":"%l","message":"%*"})"));
  } else {
    formatter->add_flag<OneLineMessage>('*').set_pattern(absl::StrCat(kTime, " %-7l %*"));
  }
  return MakeLoggerOn(std::move(output), LogOutput::Kind::kOrdinary, "greeterd", level,
                      std::move(formatter));
}

std::shared_ptr<spdlog::logger> MakeRecordLogger(std::shared_ptr<LogOutput> output,
                                                 LogFormat format, LogOutput::Kind kind) {
  const bool json = format == LogFormat::kJson;
  return MakeLoggerOn(std::move(output), kind, json ? kJsonRecords : kTextRecords, "trace",
                      RecordFormatter(json));
}

void LogRecord(spdlog::logger& records, spdlog::level::level_enum level, const char* message,
               const std::vector<LogField>& fields) {
  if (!records.should_log(level)) return;
  records.log(level, "{}", ToLine(records.name() == kJsonRecords, message, fields));
}

}  // namespace greeter::daemon
