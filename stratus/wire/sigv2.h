// Presigned URLs of the older kind (Signature Version 2), which boto3 still makes for S3 unless it is told otherwise.
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
#pragma once

#include <optional>
#include <string>

#include "stratus/wire/codec.h"
#include "stratus/wire/sigv4.h"

namespace stratus::wire {

/// True where the query names a key and a signature as version 2 does.
bool presigned_v2(const RequestParts& parts);
/// The key that signed. `resource` is the path with the bucket in front, as sent. Throws aws::Error where the key is
/// unknown, the signature is not its, or the URL is over.
Credential authenticate_v2(const RequestParts& parts, const std::string& resource, const Credentials& credentials,
                           Timestamp now, std::string& access_key_id);

/// HMAC-SHA1 as version 2 writes it, base64: of a form's policy too.
std::string signature_v2(const std::string& secret, const std::string& text);

}  // namespace stratus::wire
