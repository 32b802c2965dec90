// AWS Signature Version 4: header, presigned URL, unsigned payload, chunked uploads.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stratus/core/clock.h"
#include "stratus/core/context.h"

namespace stratus::wire {

/// A key that may sign.
struct Credential {
  std::string secret;
  std::string session_token;  ///< of temporary credentials; must come with the request
  std::optional<Timestamp> expires;
  aws::Identity identity;
  bool loopback_only = false;  ///< a secret that everybody knows: good for programs of this machine alone
};

class Credentials {
 public:
  virtual ~Credentials() = default;
  virtual std::optional<Credential> find(const std::string& access_key_id) const = 0;
};

struct SignedRequest {
  std::string method;
  std::string path;                            ///< as sent
  std::string query;                           ///< as sent, without the question mark
  std::map<std::string, std::string> headers;  ///< lower case
  std::string body_sha256;                     ///< hex, of the body as it was sent; empty while it is not there yet
};

/// The parts of a signature as the request names them.
struct Authorization {
  std::string access_key_id, date, region, service;  ///< date: yyyymmdd
  std::vector<std::string> signed_headers;
  std::string signature;
  Timestamp time;
  std::int64_t expires_seconds = 0;  ///< of a presigned URL; 0 for the header form
  std::string session_token;
  bool presigned = false;
  std::string payload_hash;  ///< what the canonical request ends with
  bool s3() const { return service == "s3"; }
};

/// Reads the Authorization header or the X-Amz-* query parameters. Nothing where the request carries neither. Throws
/// aws::Error IncompleteSignature (of a presigned URL: AuthorizationQueryParametersError) where one is broken.
std::optional<Authorization> parse_authorization(const SignedRequest& request);

/// Throws aws::Error where the signature is not `credential`'s, the time is more than 15 minutes off, or a presigned
/// URL is over. S3's canonical path differs from the others' (neither normalised nor encoded twice), and only S3 takes
/// a body whose digest is not signed.
void verify(const Authorization& authorization, const SignedRequest& request, const Credential& credential,
            Timestamp now);
/// Throws aws::Error where a signed digest is not the body's.
void verify_payload(const Authorization& authorization, const SignedRequest& request);

/// The key of one day, region and service: HMAC(HMAC(HMAC(HMAC("AWS4"+secret, date), region), service),
/// "aws4_request").
std::string signing_key(const std::string& secret, const std::string& date, const std::string& region,
                        const std::string& service);
std::string canonical_request(const Authorization& authorization, const SignedRequest& request);
std::string string_to_sign(const Authorization& authorization, const std::string& canonical);

/// Adds Authorization, X-Amz-Date and X-Amz-Content-Sha256 to a request of our own (the CLI's).
void sign(SignedRequest& request, const std::string& access_key_id, const std::string& secret,
          const std::string& region, const std::string& service, Timestamp now);

}  // namespace stratus::wire
