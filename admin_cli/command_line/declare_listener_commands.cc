// status, message, start, stop and counts on the command line.

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "admin_cli/command_line/declare.h"

namespace greeter::admin_cli {
namespace {

constexpr char kStatusHelp[] =
    "--watch draws in place on a terminal, with connections per second. Elsewhere it prints a line "
    "for each change, with -o json one JSON document a line. A server that is lost, or "
    "does not answer, is tried again every second.\n";

constexpr char kMessageGetHelp[] =
    "To a terminal: the message with its ending and size, control characters as \\xNN.\n"
    "To a pipe or file: exactly the message's bytes, without the ending and nothing else.\n"
    "With -o json or -o yaml: the API's Greeting; raw bytes are base64.\n";

constexpr char kMessageSetHelp[] =
    "The message is TEXT, or the bytes of a file, or bytes in hexadecimal; with its ending it has "
    "at most 65,536 bytes. A TEXT that begins with \"-\" goes after \"--\". What is not given, as "
    "the ending, is not kept from the old message but has its default.\n";

void DeclareMessageGet(CLI::App& group, Command& chosen) {
  auto [app, values] = Declare<MessageGetCommand>(
      group, chosen,
      {"get", "Show a listener's message",
       "greeterctl message get\ngreeterctl message get -l default -o json", kMessageGetHelp});
  AddListenerOption(*app, values->listener, "Whose message (default: \"default\")");
}

void DeclareMessageSet(CLI::App& group, Command& chosen) {
  auto [app, values] = Declare<MessageSetCommand>(
      group, chosen,
      {"set", "Give a listener a new message, for connections from now on",
       "greeterctl message set \"Back at 14:00 UTC.\" --ending crlf\n"
       "greeterctl message set --template 'Hello ${remote_addr}' --comment \"a test\"\n"
       "greeterctl message set \"Moin\" --wait fleet --roll-back-on-failure\n"
       "greeterctl message set --hex \"48 69 0a\"",
       kMessageSetHelp});
  app->add_option("TEXT", values->text, "The message, as UTF-8 text")->type_name("");
  app->add_option("--file", values->file, "Send this file's bytes; \"-\" reads standard input")
      ->check(CLI::Validator(CheckNotEmpty, ""))
      ->type_name("FILE");
  app->add_option("--hex", values->hex, "Send these bytes: \"48 69 0a\"")->type_name("H");
  AddListenerOption(*app, values->listener, "Whose message (default: \"default\")");
  app->add_option("--ending", values->ending, "What follows the message")
      ->type_name("none|lf|crlf|nul")
      ->capture_default_str();
  app->add_flag("--template", values->is_template,
                "Replace ${remote_addr} and the like for every connection");
  AddChangeOptions(*app, values->change);
}

}  // namespace

void DeclareListenerCommands(CLI::App& app, Command& chosen) {
  auto [status, shown] =
      Declare<StatusCommand>(app, chosen,
                             {"status", "Show what listens where, and what failed and why",
                              "greeterctl status\ngreeterctl status --watch", kStatusHelp});
  AddListenerOption(*status, shown->listener, "Only this listener (default: all)");
  status->add_flag("--watch", shown->watch, "Go on showing it as it changes, until q or Ctrl-C");

  CLI::App* message = DeclareGroup(
      app, {"message", "Show or set the message that clients are sent", "greeterctl message get"});
  DeclareMessageGet(*message, chosen);
  DeclareMessageSet(*message, chosen);

  auto [start, started] = Declare<StartCommand>(
      app, chosen,
      {"start", "Start listening: connections are served",
       "greeterctl start\ngreeterctl start -l default --comment \"drill over\""});
  AddListenerOption(*start, started->listener, "Which one (default: \"default\")");
  AddChangeOptions(*start, started->change);

  auto [stop, stopped] =
      Declare<StopCommand>(app, chosen,
                           {"stop", "Stop listening: connections are refused, open ones finished",
                            "greeterctl stop -l default --comment \"firewall drill\""});
  AddListenerOption(*stop, stopped->listener, "Which one (default: \"default\")");
  AddChangeOptions(*stop, stopped->change);

  auto [counts, counted] = Declare<CountsCommand>(app, chosen,
                                                  {"counts", "Count connections by how they ended",
                                                   "greeterctl counts\ngreeterctl counts --fleet"});
  AddListenerOption(*counts, counted->listener, "Only this listener (default: all)");
  counts
      ->add_flag("--fleet", counted->fleet,
                 "Of every live replica of the fleet, as it last told, in place of every listener")
      ->excludes(counts->get_option("--listener"));
}

std::string Problem(const MessageSetCommand& set) {
  const int given = set.text.has_value() + set.file.has_value() + set.hex.has_value();
  if (given == 0) return "the message is missing: TEXT, --file FILE or --hex H";
  if (given > 1) return "only one of TEXT, --file and --hex can be the message";
  for (const char* ending : {"none", "lf", "crlf", "nul"}) {
    if (set.ending == ending) return "";
  }
  return absl::StrCat("--ending: \"", set.ending, "\" is no ending; choose none, lf, crlf or nul");
}

}  // namespace greeter::admin_cli
