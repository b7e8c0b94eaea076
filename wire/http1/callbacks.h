// What both parsers have llhttp call while it reads a head. Included by their sources only.
#pragma once

#include <llhttp.h>

#include <cstddef>

#include "wire/http1/head.h"

namespace wire::http1::detail {

// `Parser` derives from this and says, each for the parser of a machine:
//   Head* open_head(machine)                 the head that is being read; null: what comes now are trailers
//   int on_header(machine, count)            the name of the head's header number `count` is complete
//   int on_trailer(machine, size_t bytes)    so much of a trailer has been read
// A value other than 0 ends llhttp_execute with that error. It pauses behind the head and behind the message.
template <typename Parser>
struct HeadCallbacks {
  static int on_first(llhttp_t* machine, const char* at, std::size_t length) {
    Parser::open_head(machine)->add_first(at, length);
    return 0;
  }
  static int on_name(llhttp_t* machine, const char* at, std::size_t length) {
    Head* head = Parser::open_head(machine);
    if (head == nullptr) return Parser::on_trailer(machine, length);
    head->add_name(at, length);
    return 0;
  }
  static int on_name_end(llhttp_t* machine) {
    Head* head = Parser::open_head(machine);
    if (head == nullptr) return Parser::on_trailer(machine, 1);
    head->end_name();
    return Parser::on_header(machine, head->header_count());
  }
  static int on_value(llhttp_t* machine, const char* at, std::size_t length) {
    Head* head = Parser::open_head(machine);
    if (head == nullptr) return Parser::on_trailer(machine, length);
    head->add_value(at, length);
    return 0;
  }
  static int pause(llhttp_t*) { return HPE_PAUSED; }

  static constexpr llhttp_settings_t make_settings() {
    llhttp_settings_t settings{};
    settings.on_url = on_first;
    settings.on_status = on_first;
    settings.on_header_field = on_name;
    settings.on_header_field_complete = on_name_end;
    settings.on_header_value = on_value;
    settings.on_headers_complete = pause;
    settings.on_message_complete = pause;
    return settings;
  }
};

}  // namespace wire::http1::detail
