// Scans of images: there is no database of vulnerabilities here, so each ends as AWS's basic scan of an image whose
// distribution it does not know.
#pragma once

#include "stratus/models/ecr.h"

namespace stratus::services::ecr {

inline aws::ecr::ImageScanStatus unsupported() {
  return {.status = "FAILED",
          .description =
              "UnsupportedImageError: The operating system and/or package manager are not supported. (Stratus has no "
              "vulnerability database.)"};
}

}  // namespace stratus::services::ecr
