// A QR code (ISO/IEC 18004) as a PNG: what an authenticator's camera reads a seed from.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace stratus::services::iam {

constexpr std::size_t kQrCodeBytes = 520;  ///< as much as a code holds

/// Modules row by row, true where dark: version 15, level L, mask 0. At most kQrCodeBytes.
std::vector<std::vector<bool>> qr_modules(const std::string& text);
/// The same, four pixels a module, within the quiet zone of four modules.
std::string qr_code_png(const std::string& text);

}  // namespace stratus::services::iam
