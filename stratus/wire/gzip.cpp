#include "stratus/wire/gzip.h"

#include <algorithm>
#include <boost/beast/zlib/inflate_stream.hpp>
#include <boost/crc.hpp>
#include <cstdint>

namespace stratus::wire {
namespace {

constexpr std::size_t kTrailer = 8;  // CRC-32 and length, little-endian
constexpr unsigned char kHeaderCrc = 0x02, kExtra = 0x04, kName = 0x08, kComment = 0x10, kReserved = 0xE0;

unsigned char byte(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

std::uint32_t little_endian(std::string_view bytes) {
  return byte(bytes, 0) | byte(bytes, 1) << 8U | byte(bytes, 2) << 16U |
         static_cast<std::uint32_t>(byte(bytes, 3)) << 24U;
}

/// The length of the header, 0 where it is none.
std::size_t header_length(std::string_view bytes) {
  if (bytes.size() < 10 + kTrailer || byte(bytes, 0) != 0x1F || byte(bytes, 1) != 0x8B || byte(bytes, 2) != 8) return 0;
  const unsigned char flags = byte(bytes, 3);
  if ((flags & kReserved) != 0) return 0;
  std::size_t at = 10;
  if ((flags & kExtra) != 0) at += 2 + (byte(bytes, 10) | static_cast<std::size_t>(byte(bytes, 11)) << 8U);
  for (const unsigned char text : {kName, kComment})
    if ((flags & text) != 0) {
      const auto end = at < bytes.size() ? bytes.find('\0', at) : std::string_view::npos;
      if (end == std::string_view::npos) return 0;
      at = end + 1;
    }
  if ((flags & kHeaderCrc) != 0) at += 2;
  return at + kTrailer <= bytes.size() ? at : 0;
}

}  // namespace

std::optional<std::string> gunzip(std::string_view bytes, std::size_t limit) {
  namespace zlib = boost::beast::zlib;
  const std::size_t header = header_length(bytes);
  if (header == 0) return std::nullopt;
  const std::string_view packed = bytes.substr(header, bytes.size() - header - kTrailer);
  const std::string_view trailer = bytes.substr(bytes.size() - kTrailer);
  const std::size_t length = little_endian(trailer.substr(4));
  if (length > limit) return std::nullopt;
  // The trailer tells the length; one byte more shows whether it lies.
  std::string out(length + 1, '\0');
  zlib::inflate_stream stream;
  zlib::z_params state;
  state.next_in = packed.data();
  state.avail_in = packed.size();
  state.next_out = out.data();
  state.avail_out = out.size();
  boost::system::error_code error;
  stream.write(state, zlib::Flush::finish, error);
  if (error != zlib::error::end_of_stream || state.total_out != length) return std::nullopt;
  out.resize(length);
  boost::crc_32_type crc;
  crc.process_bytes(out.data(), out.size());
  if (crc.checksum() != little_endian(trailer)) return std::nullopt;
  return out;
}

}  // namespace stratus::wire
