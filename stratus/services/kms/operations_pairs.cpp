// Keys that are no symmetric ones: public halves, signatures, MACs, pairs for use outside.
#include "stratus/core/crypto.h"
#include "stratus/services/kms/asymmetric.h"
#include "stratus/services/kms/service.h"

namespace stratus::services::kms {

namespace k = aws::kms;

const Key& Service::key_for(const aws::Context& context, const std::string& name, const char* usage,
                            const char* operation) const {
  const Key& found = enabled_key(context.account, context.region, name);
  if (found.metadata.key_usage != usage)
    throw k::errors::InvalidKeyUsageException(*found.metadata.arn + " key usage is " + *found.metadata.key_usage +
                                              " which is not valid for " + operation + ".");
  return found;
}

std::string Service::secret_of(const Key& key) const {
  const auto material = crypto::unseal(master_, key.material.back().bytes, *key.metadata.key_id);
  if (!material)
    throw k::errors::KMSInternalException("The key material of " + *key.metadata.key_id +
                                          " cannot be read with this master key.");
  return *material;
}

namespace {

void check_algorithm(const Key& key, const std::string& algorithm) {
  const auto known = algorithms_of(*key.metadata.key_spec, *key.metadata.key_usage);
  if (std::find(known.begin(), known.end(), algorithm) == known.end())
    throw k::errors::InvalidKeyUsageException("Algorithm " + algorithm + " is incompatible with key spec " +
                                              *key.metadata.key_spec + ".");
}

/// Whether the message is a digest already.
bool is_digest(const std::optional<std::string>& type, const std::string& algorithm, const std::string& message) {
  const std::string kind = type.value_or("RAW");
  if (kind == "EXTERNAL_MU") throw aws::not_implemented("MessageType EXTERNAL_MU");
  if (kind == "DIGEST" && message.size() != digest_length(algorithm))
    throw aws::Error("ValidationException", 400, "Digest is invalid length for algorithm " + algorithm + ".");
  return kind == "DIGEST";
}

}  // namespace

k::GetPublicKeyResponse Service::get_public_key(aws::Context& context, const k::GetPublicKeyRequest& request) {
  const Key& found = enabled_key(context.account, context.region, *request.key_id);
  const auto& m = found.metadata;
  if (m.key_spec == "SYMMETRIC_DEFAULT" || m.key_spec->starts_with("HMAC_"))
    throw k::errors::UnsupportedOperationException(*m.arn + " key spec is " + *m.key_spec +
                                                   " which is not valid for GetPublicKey.");
  return {.key_id = m.arn,
          .public_key = Blob{public_half(secret_of(found))},
          .customer_master_key_spec = m.key_spec,
          .key_spec = m.key_spec,
          .key_usage = m.key_usage,
          .encryption_algorithms = m.encryption_algorithms,
          .signing_algorithms = m.signing_algorithms};
}

k::SignResponse Service::sign(aws::Context& context, const k::SignRequest& request) {
  const Key& found = key_for(context, *request.key_id, "SIGN_VERIFY", "Sign");
  const std::string &algorithm = *request.signing_algorithm, &message = request.message->bytes;
  check_algorithm(found, algorithm);
  const bool hashed = is_digest(request.message_type, algorithm, message);
  return {.key_id = found.metadata.arn,
          .signature = Blob{sign_message(secret_of(found), algorithm, message, hashed)},
          .signing_algorithm = algorithm};
}

k::VerifyResponse Service::verify(aws::Context& context, const k::VerifyRequest& request) {
  const Key& found = key_for(context, *request.key_id, "SIGN_VERIFY", "Verify");
  const std::string &algorithm = *request.signing_algorithm, &message = request.message->bytes;
  check_algorithm(found, algorithm);
  const bool hashed = is_digest(request.message_type, algorithm, message);
  if (!signature_fits(secret_of(found), algorithm, message, hashed, request.signature->bytes))
    throw k::errors::KMSInvalidSignatureException("");
  return {.key_id = found.metadata.arn, .signature_valid = true, .signing_algorithm = algorithm};
}

k::GenerateMacResponse Service::generate_mac(aws::Context& context, const k::GenerateMacRequest& request) {
  const Key& found = key_for(context, *request.key_id, "GENERATE_VERIFY_MAC", "GenerateMac");
  check_algorithm(found, *request.mac_algorithm);
  return {.mac = Blob{mac_of(secret_of(found), *request.mac_algorithm, request.message->bytes)},
          .mac_algorithm = request.mac_algorithm,
          .key_id = found.metadata.arn};
}

k::VerifyMacResponse Service::verify_mac(aws::Context& context, const k::VerifyMacRequest& request) {
  const Key& found = key_for(context, *request.key_id, "GENERATE_VERIFY_MAC", "VerifyMac");
  check_algorithm(found, *request.mac_algorithm);
  if (!crypto::equal_constant_time(mac_of(secret_of(found), *request.mac_algorithm, request.message->bytes),
                                   request.mac->bytes))
    throw k::errors::KMSInvalidMacException("");
  return {.key_id = found.metadata.arn, .mac_valid = true, .mac_algorithm = request.mac_algorithm};
}

k::GenerateDataKeyPairResponse Service::generate_data_key_pair(aws::Context& context,
                                                               const k::GenerateDataKeyPairRequest& request) {
  if (request.recipient) throw aws::not_implemented("GenerateDataKeyPair: Recipient");
  if (algorithms_of(*request.key_pair_spec, "SIGN_VERIFY").empty())
    throw aws::not_implemented("GenerateDataKeyPair: KeyPairSpec " + *request.key_pair_spec);
  const Key& found = key_for(context, *request.key_id, "ENCRYPT_DECRYPT", "GenerateDataKeyPair");
  if (found.metadata.key_spec != "SYMMETRIC_DEFAULT")
    throw k::errors::InvalidKeyUsageException("Algorithm SYMMETRIC_DEFAULT is incompatible with key spec " +
                                              *found.metadata.key_spec + ".");
  const std::string secret = make_private_key(*request.key_pair_spec);
  return {.private_key_ciphertext_blob =
              Blob{seal_with(found, secret, request.encryption_context.value_or(std::map<std::string, std::string>{}))},
          .private_key_plaintext = Blob{secret},
          .public_key = Blob{public_half(secret)},
          .key_id = found.metadata.arn,
          .key_pair_spec = request.key_pair_spec};
}

k::GenerateDataKeyPairWithoutPlaintextResponse Service::generate_data_key_pair_without_plaintext(
    aws::Context& context, const k::GenerateDataKeyPairWithoutPlaintextRequest& request) {
  auto made = generate_data_key_pair(context, {.encryption_context = request.encryption_context,
                                               .key_id = request.key_id,
                                               .key_pair_spec = request.key_pair_spec});
  return {.private_key_ciphertext_blob = std::move(made.private_key_ciphertext_blob),
          .public_key = std::move(made.public_key),
          .key_id = made.key_id,
          .key_pair_spec = made.key_pair_spec};
}

}  // namespace stratus::services::kms
