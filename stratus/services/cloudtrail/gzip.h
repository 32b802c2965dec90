// Gzip (RFC 1952), for the files that trails deliver.
#pragma once

#include <string>
#include <string_view>

namespace stratus::services::cloudtrail {

std::string gzip(std::string_view bytes);

}  // namespace stratus::services::cloudtrail
