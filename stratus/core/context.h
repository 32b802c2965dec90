// What an operation knows about the call that it serves.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "stratus/core/clock.h"

namespace stratus::aws {

/// Who signed the request, as STS GetCallerIdentity tells it.
struct Identity {
  enum class Kind { root, user, assumed_role, federated, service, anonymous };  ///< anonymous: unsigned, no account
  Kind kind = Kind::root;
  std::string account;  ///< 12 digits
  std::string arn;      ///< arn:aws:iam::…:root, …:user/x, arn:aws:sts::…:assumed-role/x/session
  std::string user_id;  ///< AIDA…, AROA…:session, or the account for root
  std::string access_key_id;
};

/// Bytes that come into being while they are sent: an object is decrypted piece by piece.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// Puts the next bytes, at most `most`, into `out`; false where they cannot be had.
  virtual bool read(std::string& out, std::size_t most) = 0;
};

/// A part of a file that travels as an HTTP body without passing through memory.
struct FileBody {
  std::string path;                    ///< empty: no file
  std::uint64_t offset = 0;            ///< bytes
  std::uint64_t length = 0;            ///< bytes
  std::shared_ptr<BodySource> source;  ///< where set, gives the `length` bytes instead of a file
  bool empty() const { return path.empty() && source == nullptr; }
};

struct Context {
  std::string account;  ///< the account whose resources the call sees
  std::string region;   ///< of the request's credential scope; global services see "us-east-1"
  std::string request_id;
  std::string service;  ///< our folder's name: "ecs"
  std::string operation;
  Identity identity;
  std::string source_ip;
  std::string user_agent;
  bool secure = false;  ///< the call came over TLS
  std::string host;     ///< the Host header, for virtual-hosted buckets and returned URLs
  Timestamp now;
  std::map<std::string, std::string> headers;  ///< the request's, names in lower case

  FileBody body;  ///< a large payload lies here, and the request's Blob is empty; the file is removed after the call
  std::string body_sha256;                              ///< hex digest of the payload, where it was computed
  std::map<std::string, std::string> response_headers;  ///< sent besides those of the response's shape
  std::map<std::string, std::string> error_headers;     ///< sent where the call is refused
  int response_status = 0;                              ///< overrides the model's status code where it is not 0
  FileBody response_body;                               ///< sent as the payload where it is not empty
};

}  // namespace stratus::aws
