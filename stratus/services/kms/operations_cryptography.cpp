// Encryption under keys. A ciphertext is: version byte, key id (36 bytes), index of the material (1 byte), then nonce,
// ciphertext and tag of AES-256-GCM; key id and encryption context are authenticated.
#include "stratus/core/crypto.h"
#include "stratus/services/kms/asymmetric.h"
#include "stratus/services/kms/service.h"

namespace stratus::services::kms {

namespace k = aws::kms;
using EncryptionContext = std::map<std::string, std::string>;

namespace {

constexpr char kVersion = 1;
constexpr std::size_t kIdLength = 36, kHeader = 1 + kIdLength + 1;

/// An unambiguous text of the context: maps are ordered, lengths delimit.
std::string authenticated(const std::string& key_id, const EncryptionContext& context) {
  std::string out = key_id;
  for (const auto& [name, value] : context)
    out += std::to_string(name.size()) + ":" + name + std::to_string(value.size()) + ":" + value;
  return out;
}

std::size_t data_key_length(const std::optional<std::string>& spec, std::optional<std::int32_t> bytes) {
  if (spec.has_value() == bytes.has_value())
    throw aws::Error("ValidationException", 400, "Please specify either number of bytes or key spec.");
  if (bytes) return static_cast<std::size_t>(*bytes);
  return *spec == "AES_128" ? 16 : 32;
}

}  // namespace

std::string Service::seal_with(const Key& key, std::string_view plaintext,
                               const EncryptionContext& encryption_context) const {
  if (key.metadata.key_spec != "SYMMETRIC_DEFAULT")
    throw k::errors::InvalidKeyUsageException(*key.metadata.arn + " key spec is " + *key.metadata.key_spec +
                                              " which is not valid for this operation.");
  const std::string& id = *key.metadata.key_id;
  const std::size_t index = key.material.size() - 1;
  const auto material = crypto::unseal(master_, key.material[index].bytes, id);
  if (!material)
    throw k::errors::KMSInternalException("The key material of " + id + " cannot be read with this master key.");
  return std::string(1, kVersion) + id + static_cast<char>(index) +
         crypto::seal(*material, plaintext, authenticated(id, encryption_context));
}

std::string Service::key_id_of(std::string_view ciphertext) {
  if (ciphertext.size() < kHeader || ciphertext[0] != kVersion) return "";
  return std::string(ciphertext.substr(1, kIdLength));
}

std::string Service::encrypt(const std::string& account, const std::string& region, const std::string& name,
                             std::string_view plaintext, const EncryptionContext& encryption_context) {
  return seal_with(enabled_key(account, region, name), plaintext, encryption_context);
}

std::string Service::decrypt(const std::string& account, const std::string& region, std::string_view ciphertext,
                             const EncryptionContext& encryption_context) {
  const std::string id = key_id_of(ciphertext);
  if (id.empty() || keys_.find(account, region, id) == nullptr) throw k::errors::InvalidCiphertextException("");
  const Key& found = enabled_key(account, region, id);
  const auto index = static_cast<std::size_t>(static_cast<unsigned char>(ciphertext[1 + kIdLength]));
  if (index >= found.material.size()) throw k::errors::InvalidCiphertextException("");
  const auto material = crypto::unseal(master_, found.material[index].bytes, id);
  if (!material)
    throw k::errors::KMSInternalException("The key material of " + id + " cannot be read with this master key.");
  auto plaintext = crypto::unseal(*material, ciphertext.substr(kHeader), authenticated(id, encryption_context));
  if (!plaintext) throw k::errors::InvalidCiphertextException("");
  return std::move(*plaintext);
}

namespace {

void check_algorithm(const Key& key, const std::string& algorithm) {
  const auto known = algorithms_of(*key.metadata.key_spec, "ENCRYPT_DECRYPT");
  if (std::find(known.begin(), known.end(), algorithm) == known.end())
    throw k::errors::InvalidKeyUsageException("Algorithm " + algorithm + " is incompatible with key spec " +
                                              *key.metadata.key_spec + ".");
}

}  // namespace

k::EncryptResponse Service::encrypt(aws::Context& context, const k::EncryptRequest& request) {
  const Key& found = key_for(context, *request.key_id, "ENCRYPT_DECRYPT", "Encrypt");
  const std::string algorithm = request.encryption_algorithm.value_or("SYMMETRIC_DEFAULT");
  check_algorithm(found, algorithm);
  if (algorithm != "SYMMETRIC_DEFAULT") {
    auto sealed = rsa_encrypt(secret_of(found), algorithm, request.plaintext->bytes);
    if (!sealed)
      throw aws::Error("ValidationException", 400,
                       "Algorithm " + algorithm + " and key spec " + *found.metadata.key_spec +
                           " cannot encrypt data as long as this.");
    return {
        .ciphertext_blob = Blob{std::move(*sealed)}, .key_id = found.metadata.arn, .encryption_algorithm = algorithm};
  }
  return {.ciphertext_blob = Blob{seal_with(found, request.plaintext->bytes,
                                            request.encryption_context.value_or(EncryptionContext{}))},
          .key_id = found.metadata.arn,
          .encryption_algorithm = "SYMMETRIC_DEFAULT"};
}

k::DecryptResponse Service::decrypt(aws::Context& context, const k::DecryptRequest& request) {
  if (!request.ciphertext_blob) throw aws::Error("ValidationException", 400, "CiphertextBlob is required");
  if (request.recipient) throw aws::not_implemented("Decrypt: Recipient");
  if (const std::string algorithm = request.encryption_algorithm.value_or("SYMMETRIC_DEFAULT");
      algorithm != "SYMMETRIC_DEFAULT") {
    if (!request.key_id)
      throw aws::Error("ValidationException", 400, "Key ID is required to decrypt under an asymmetric KMS key.");
    const Key& pair = key_for(context, *request.key_id, "ENCRYPT_DECRYPT", "Decrypt");
    check_algorithm(pair, algorithm);
    auto opened = rsa_decrypt(secret_of(pair), algorithm, request.ciphertext_blob->bytes);
    if (!opened) throw k::errors::InvalidCiphertextException("");
    return {.key_id = pair.metadata.arn, .plaintext = Blob{std::move(*opened)}, .encryption_algorithm = algorithm};
  }
  auto plaintext = decrypt(context.account, context.region, request.ciphertext_blob->bytes,
                           request.encryption_context.value_or(EncryptionContext{}));
  const Key& found = key(context.account, context.region, request.ciphertext_blob->bytes.substr(1, kIdLength));
  if (request.key_id && key(context.account, context.region, *request.key_id).metadata.key_id != found.metadata.key_id)
    throw k::errors::IncorrectKeyException(
        "The key ID in the request does not identify a CMK that can perform this operation.");
  return {.key_id = found.metadata.arn,
          .plaintext = Blob{std::move(plaintext)},
          .encryption_algorithm = "SYMMETRIC_DEFAULT"};
}

k::ReEncryptResponse Service::re_encrypt(aws::Context& context, const k::ReEncryptRequest& request) {
  if (request.source_encryption_algorithm.value_or("SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT")
    throw aws::not_implemented("ReEncrypt: SourceEncryptionAlgorithm " + *request.source_encryption_algorithm);
  if (request.destination_encryption_algorithm.value_or("SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT")
    throw aws::not_implemented("ReEncrypt: DestinationEncryptionAlgorithm " +
                               *request.destination_encryption_algorithm);
  const std::string plaintext = decrypt(context.account, context.region, request.ciphertext_blob->bytes,
                                        request.source_encryption_context.value_or(EncryptionContext{}));
  const Key& target = enabled_key(context.account, context.region, *request.destination_key_id);
  const Key& source = key(context.account, context.region, key_id_of(request.ciphertext_blob->bytes));
  if (request.source_key_id &&
      key(context.account, context.region, *request.source_key_id).metadata.key_id != source.metadata.key_id)
    throw k::errors::IncorrectKeyException(
        "The key ID in the request does not identify a CMK that can perform this operation.");
  return {.ciphertext_blob =
              Blob{seal_with(target, plaintext, request.destination_encryption_context.value_or(EncryptionContext{}))},
          .source_key_id = source.metadata.arn,
          .key_id = target.metadata.arn,
          .source_encryption_algorithm = "SYMMETRIC_DEFAULT",
          .destination_encryption_algorithm = "SYMMETRIC_DEFAULT"};
}

k::GenerateDataKeyResponse Service::generate_data_key(aws::Context& context, const k::GenerateDataKeyRequest& request) {
  const std::string plaintext = crypto::random_bytes(data_key_length(request.key_spec, request.number_of_bytes));
  const Key& found = enabled_key(context.account, context.region, *request.key_id);
  return {
      .ciphertext_blob = Blob{seal_with(found, plaintext, request.encryption_context.value_or(EncryptionContext{}))},
      .plaintext = Blob{plaintext},
      .key_id = found.metadata.arn};
}

k::GenerateDataKeyWithoutPlaintextResponse Service::generate_data_key_without_plaintext(
    aws::Context& context, const k::GenerateDataKeyWithoutPlaintextRequest& request) {
  const std::string plaintext = crypto::random_bytes(data_key_length(request.key_spec, request.number_of_bytes));
  const Key& found = enabled_key(context.account, context.region, *request.key_id);
  return {
      .ciphertext_blob = Blob{seal_with(found, plaintext, request.encryption_context.value_or(EncryptionContext{}))},
      .key_id = found.metadata.arn};
}

k::GenerateRandomResponse Service::generate_random(aws::Context&, const k::GenerateRandomRequest& request) {
  if (!request.number_of_bytes) throw aws::Error("ValidationException", 400, "NumberOfBytes is required");
  return {.plaintext = Blob{crypto::random_bytes(static_cast<std::size_t>(*request.number_of_bytes))}};
}

}  // namespace stratus::services::kms
