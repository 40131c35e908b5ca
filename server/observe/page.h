// The status page: page.html with its style and scripts in it, compiled in. It reads /status.json
// once a second.

#ifndef GREETER_OBSERVE_PAGE_H_
#define GREETER_OBSERVE_PAGE_H_

#include "observe/http_server.h"

namespace greeter::observe {

// One self-contained document, whose policy allows its own script and style by a word that is new
// each time (a nonce), reading from where it came, and nothing else. Any thread.
HttpResponse Page();

}  // namespace greeter::observe

#endif  // GREETER_OBSERVE_PAGE_H_
