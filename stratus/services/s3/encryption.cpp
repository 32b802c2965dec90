#include "stratus/services/s3/encryption.h"

#include <boost/json.hpp>

#include "stratus/core/arn.h"
#include "stratus/core/base64.h"
#include "stratus/core/crypto.h"
#include "stratus/services/s3/service.h"

namespace stratus::services::s3 {
namespace {

/// The customer's 32 bytes, checked.
std::string customer_bytes(const CustomerKey& customer) {
  if (!customer.algorithm)
    throw refuse::invalid_argument(
        "Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption "
        "algorithm.",
        "x-amz-server-side-encryption", "null");
  if (*customer.algorithm != "AES256")
    throw aws::Error("InvalidEncryptionAlgorithmError", 400,
                     "The Encryption request you specified is not valid. Supported value: AES256.");
  if (!customer.key)
    throw refuse::invalid_argument(
        "Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret "
        "key.",
        "x-amz-server-side-encryption", "null");
  const auto key = base64::decode(*customer.key);
  if (!key || key->size() != 32)
    throw refuse::invalid_argument("The secret key was invalid for the specified algorithm.",
                                   "x-amz-server-side-encryption", "null");
  if (!customer.md5)
    throw refuse::invalid_argument(
        "Requests specifying Server Side Encryption with Customer provided keys must provide the client calculated MD5 "
        "of the secret key.",
        "x-amz-server-side-encryption", "null");
  if (base64::encode(crypto::md5(*key)) != *customer.md5)
    throw refuse::invalid_argument("The calculated MD5 hash of the key did not match the hash that was provided.",
                                   "x-amz-server-side-encryption", "null");
  return *key;
}

std::map<std::string, std::string> encryption_context(const Bucket& bucket, const std::string& key,
                                                      const Sealing& sealing) {
  std::map<std::string, std::string> out;
  if (!sealing.kms_context.empty()) {
    const auto text = base64::decode(sealing.kms_context);
    boost::system::error_code error;
    const auto json = text ? boost::json::parse(*text, error) : boost::json::value();
    bool good = text && !error && json.is_object();
    if (good)
      for (const auto& [name, value] : json.as_object()) {
        good = good && value.is_string();
        if (good) out[std::string(name)] = std::string(value.as_string());
      }
    if (!good)
      throw refuse::invalid_argument(
          "The header x-amz-server-side-encryption-context shall be Base64-encoded UTF-8 string holding JSON which "
          "represents a string-string map",
          "x-amz-server-side-encryption-context", sealing.kms_context);
  }
  out.emplace("aws:s3:arn", sealing.bucket_key ? bucket.arn() : bucket.arn() + "/" + key);
  return out;
}

/// Whether the bucket takes no keys that customers keep.
bool blocks_customer_keys(const Bucket& bucket) {
  if (!bucket.encryption || !bucket.encryption->rules || bucket.encryption->rules->empty()) return false;
  const auto& blocked = bucket.encryption->rules->front().blocked_encryption_types;
  if (!blocked || !blocked->encryption_type) return false;
  const auto& types = *blocked->encryption_type;
  return std::find(types.begin(), types.end(), "SSE-C") != types.end();
}

/// KMS' refusals as S3 passes them on.
[[noreturn]] void kms_refused(const aws::Error& error) { throw aws::Error("KMS." + error.code, 400, error.message); }

}  // namespace

std::string object_etag(const Sealing& sealing, const std::string& md5, Random& random) {
  return sealing.algorithm == "AES256" ? crypto::to_hex(md5) : random.hex(32);
}

void Service::demand_key(const aws::Context& context, const std::string& action, const std::string& key_arn) const {
  if (context.identity.kind == aws::Identity::Kind::service) return;
  if (context.identity.kind == aws::Identity::Kind::anonymous) throw refuse::access_denied();
  // Everyone in the account may use the key that AWS manages for S3.
  const auto arn = Arn::parse(key_arn);
  if (arn && arn->account == context.account &&
      kms_.managed_key_arn(arn->account, arn->region, "aws/s3", context.now) == key_arn)
    return;
  const iam::ConditionKeys more = {{"kms:viaservice", {"s3." + context.region + ".amazonaws.com"}}};
  auto verdict = iam_.decide(context, action, key_arn, more);
  // A key of another account opens to whom both accounts let.
  if (verdict.allowed() && arn && arn->account != context.account)
    verdict = iam_.evaluate(context, action, key_arn, more);
  if (!verdict.allowed())
    throw refuse::access_denied("User: " + context.identity.arn + " is not authorized to perform: " + action +
                                " on the resource associated with this ciphertext " +
                                (verdict.decision == iam::Decision::explicit_deny
                                     ? std::string("because a ") + verdict.source + " denies the "
                                     : std::string("because no ") + verdict.source + " allows the ") +
                                action + " action");
}

std::string Service::seal(const aws::Context& context, const Bucket& bucket, const std::string& key,
                          const EncryptionWish& wish, Sealing& sealing) {
  const std::string data_key = crypto::random_bytes(32);
  if (wish.customer.given()) {
    if (blocks_customer_keys(bucket)) throw refuse::access_denied();
    if (wish.algorithm)
      throw refuse::invalid_argument(
          "Server Side Encryption with Customer provided key is incompatible with the encryption method specified",
          "x-amz-server-side-encryption", *wish.algorithm);
    sealing.algorithm = "SSE-C";
    sealing.customer_key_md5 = wish.customer.md5.value_or("");
    sealing.key = {crypto::seal(customer_bytes(wish.customer), data_key, bucket.name)};
    return data_key;
  }
  std::optional<std::string> algorithm = wish.algorithm, kms_key = wish.kms_key;
  sealing.bucket_key = wish.bucket_key.value_or(false);
  if (!algorithm && kms_key)
    throw refuse::invalid_argument(
        "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
        "x-amz-server-side-encryption", "null");
  if (algorithm == "AES256" && kms_key)
    throw refuse::invalid_argument(
        "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
        "x-amz-server-side-encryption", "AES256");
  if (bucket.encryption && bucket.encryption->rules && !bucket.encryption->rules->empty()) {
    const auto& rule = bucket.encryption->rules->front();
    const auto& preset = rule.apply_server_side_encryption_by_default;
    if (!algorithm && preset) {
      algorithm = preset->sse_algorithm;
      kms_key = preset->kms_master_key_id;
    } else if (preset && algorithm == preset->sse_algorithm && !kms_key) {
      kms_key = preset->kms_master_key_id;
    }
    if (!wish.bucket_key && algorithm == "aws:kms") sealing.bucket_key = rule.bucket_key_enabled.value_or(false);
  }
  sealing.algorithm = algorithm.value_or("AES256");
  if (sealing.algorithm == "AES256") {
    sealing.bucket_key = false;
    sealing.key = {crypto::seal(master_, data_key, bucket.name)};
    return data_key;
  }
  if (!sealing.algorithm.starts_with("aws:kms"))
    throw refuse::invalid_argument("The encryption method specified is not supported", "x-amz-server-side-encryption",
                                   sealing.algorithm);
  sealing.kms_context = wish.kms_context.value_or("");
  const std::string owner = context.identity.kind == aws::Identity::Kind::service ? bucket.account : context.account;
  try {
    sealing.kms_key = kms_key && *kms_key != "alias/aws/s3"
                          ? kms_.usable_key_arn(owner, bucket.region, *kms_key)
                          : kms_.managed_key_arn(owner, bucket.region, "aws/s3", context.now);
  } catch (const aws::Error& error) {
    kms_refused(error);
  }
  demand_key(context, "kms:GenerateDataKey", sealing.kms_key);
  try {
    sealing.key = {
        kms_.encrypt(owner, bucket.region, sealing.kms_key, data_key, encryption_context(bucket, key, sealing))};
  } catch (const aws::Error& error) {
    if (error.status < 500 && error.code.find("Argument") == std::string::npos) kms_refused(error);
    throw;
  }
  return data_key;
}

std::string Service::unseal(const aws::Context& context, const Bucket& bucket, const std::string& key,
                            const Sealing& sealing, const CustomerKey& customer) {
  if (sealing.algorithm == "SSE-C") {
    if (!customer.given())
      throw refuse::invalid_request(
          "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to "
          "retrieve the object.");
    const auto data_key = crypto::unseal(customer_bytes(customer), sealing.key.bytes, bucket.name);
    if (!data_key) throw refuse::access_denied();
    return *data_key;
  }
  if (customer.given()) throw refuse::invalid_request("The encryption parameters are not applicable to this object.");
  if (sealing.algorithm == "AES256") {
    const auto data_key = crypto::unseal(master_, sealing.key.bytes, bucket.name);
    if (!data_key) throw aws::Error("InternalError", 500, "We encountered an internal error. Please try again.");
    return *data_key;
  }
  demand_key(context, "kms:Decrypt", sealing.kms_key);
  const auto arn = Arn::parse(sealing.kms_key);
  try {
    return kms_.decrypt(arn->account, arn->region, sealing.key.bytes, encryption_context(bucket, key, sealing));
  } catch (const aws::Error& error) {
    kms_refused(error);
  }
}

}  // namespace stratus::services::s3
