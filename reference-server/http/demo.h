// The demo page: the files of the folder demo/, inside the program since the build (cmake/embed.cmake).
#pragma once

#include <span>

#include "wire/bytes.h"

namespace server {

struct DemoFile {
  wire::Bytes path;  // "/" is the page itself
  wire::Bytes content_type;
  wire::Bytes bytes;
};

std::span<const DemoFile> demo_files();

}  // namespace server
