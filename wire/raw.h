// Messages one after the other with nothing between them: `http-streaming` with `framing: raw`, and bodies of foreign
// servers that separate messages by line ends or not at all. A message ends where its marker (wire/message.h) says.
#pragma once

#include <cstdint>
#include <string>

#include "wire/bytes.h"

namespace wire::raw {

// Splits a body that arrives in any pieces. Keeps only an unfinished message; holds no heap buffer between messages.
class Splitter {
 public:
  // A handler may call reset(), which ends the feed() it was called from; it may not destroy the splitter or the bytes.
  class Handler {
   public:
    // From a marker to the length it tells; or bytes that no marker explains, a read at a time: line ends and blanks
    // between messages are left out. Valid during the call.
    virtual void on_message(Bytes message) = 0;
    virtual void on_too_large() = 0;  // the marker tells of more than the limit; only reset() helps

   protected:
    ~Handler() = default;
  };
  explicit Splitter(std::size_t max_message) : max_message_(max_message) {}
  void feed(Bytes bytes, Handler& handler);
  bool mid_message() const { return !partial_.empty(); }
  void reset();

 private:
  Bytes split(Bytes bytes, Handler& handler);

  std::string partial_;      // of an unfinished message, or what may become its marker
  std::size_t wanted_ = 0;   // bytes of it until more can be said
  std::size_t max_message_;  // bytes
  std::uint32_t resets_ = 0;
  bool broken_ = false;  // too large: nothing more is read
};

}  // namespace wire::raw
