// Server certificates, and the certificates and SSH keys of users: checked, kept, read back.
#include <algorithm>

#include "stratus/core/arn.h"
#include "stratus/core/base64.h"
#include "stratus/core/crypto.h"
#include "stratus/core/text.h"
#include "stratus/services/iam/certificates.h"
#include "stratus/services/iam/listing.h"
#include "stratus/services/iam/service.h"

namespace stratus::services::iam {
namespace {

constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t kServerCertificates = 20, kSigningCertificates = 2, kSshKeys = 5;

[[noreturn]] void exceeds(const std::string& quota, std::size_t most) {
  throw im::errors::LimitExceededException("Cannot exceed quota for " + quota + ": " + std::to_string(most));
}

im::ServerCertificateMetadata metadata(const ServerCertificate& row) {
  return {.path = row.path,
          .server_certificate_name = row.name,
          .server_certificate_id = row.id,
          .arn = row.arn,
          .upload_date = row.uploaded,
          .expiration = row.expires};
}

/// "12:34:…", the MD5 of the key's bytes, as ssh-keygen shows it; "" where the text is no SSH public key.
std::string ssh_fingerprint(const std::string& body) {
  const auto words = text::split(std::string(text::trim(body)), ' ');
  if (words.size() < 2 || (words[0] != "ssh-rsa" && words[0] != "ssh-ed25519" && !words[0].starts_with("ecdsa-")))
    return "";
  const auto bytes = base64::decode(words[1]);
  // The bytes begin with the length and the name of the kind again (RFC 4253, 6.6).
  if (!bytes || bytes->size() < 4 + words[0].size() || bytes->substr(4, words[0].size()) != words[0]) return "";
  const std::string digits = crypto::to_hex(crypto::md5(*bytes));
  std::string out;
  for (std::size_t i = 0; i < digits.size(); i += 2) out += (i == 0 ? "" : ":") + digits.substr(i, 2);
  return out;
}

im::SSHPublicKey describe_key(const std::string& user, const SshKey& row) {
  return {.user_name = user,
          .ssh_public_key_id = row.id,
          .fingerprint = row.fingerprint,
          .ssh_public_key_body = row.body,
          .status = row.active ? "Active" : "Inactive",
          .upload_date = row.uploaded};
}

im::SigningCertificate describe_certificate(const std::string& user, const SigningCertificate& row) {
  return {.user_name = user,
          .certificate_id = row.id,
          .certificate_body = row.body,
          .status = row.active ? "Active" : "Inactive",
          .upload_date = row.uploaded};
}

bool active(const std::string& status) {
  if (status == "Expired") throw im::errors::InvalidInputException("The status Expired cannot be set.");
  return status == "Active";
}

}  // namespace

const ServerCertificate& Service::server_certificate(const aws::Context& context, const std::string& name) const {
  const ServerCertificate* found = server_certificates_.find(context.account, "", name);
  if (found == nullptr)
    throw im::errors::NoSuchEntityException("The Server Certificate with name " + name + " cannot be found.");
  return *found;
}

im::UploadServerCertificateResponse Service::upload_server_certificate(
    aws::Context& context, const im::UploadServerCertificateRequest& request) {
  const std::string& name = *request.server_certificate_name;
  if (server_certificates_.find(context.account, "", name) != nullptr)
    throw im::errors::EntityAlreadyExistsException("The Server Certificate with name " + name + " already exists.");
  if (server_certificates_.list(context.account, "").size() >= kServerCertificates)
    exceeds("ServerCertificatesPerAccount", kServerCertificates);
  ServerCertificate row;
  const auto end = certificate_end(*request.certificate_body);
  if (!end)
    throw im::errors::MalformedCertificateException(
        "Unable to parse certificate. Please ensure the certificate is in PEM format.");
  if (!is_private_key(*request.private_key))
    throw im::errors::MalformedCertificateException(
        "Unable to parse key. Please ensure the key is in PEM format and is not protected by a passphrase.");
  if (!key_fits(*request.certificate_body, *request.private_key))
    throw im::errors::KeyPairMismatchException("Private key doesn't match certificate.");
  if (request.certificate_chain && !chain_fits(*request.certificate_body, *request.certificate_chain))
    throw im::errors::MalformedCertificateException(
        "Unable to validate certificate chain. The certificate chain must start with the immediate signing "
        "certificate, followed by any intermediaries in order. The index within the chain of the invalid certificate "
        "is: 0");
  row.name = name;
  row.path = request.path.value_or("/");
  row.id = "ASCA" + random_.from(kUpper, 17);
  row.arn = make_arn("iam", "", context.account, "server-certificate" + row.path + name);
  row.body = *request.certificate_body;
  row.chain = request.certificate_chain.value_or("");
  row.key = {crypto::seal(master_, *request.private_key, row.id)};
  row.uploaded = Timestamp{context.now.ms / 1000 * 1000};
  row.expires = *end;
  merge_tags(row.tags, request.tags, "ServerCertificate");
  const ServerCertificate& made = server_certificates_.put({context.account, "", name}, std::move(row));
  im::UploadServerCertificateResponse out{.server_certificate_metadata = metadata(made)};
  if (!made.tags.empty()) out.tags = tags_of(made.tags);
  return out;
}

im::GetServerCertificateResponse Service::get_server_certificate(aws::Context& context,
                                                                 const im::GetServerCertificateRequest& request) {
  const ServerCertificate& row = server_certificate(context, *request.server_certificate_name);
  im::ServerCertificate out{.server_certificate_metadata = metadata(row), .certificate_body = row.body};
  if (!row.chain.empty()) out.certificate_chain = row.chain;
  if (!row.tags.empty()) out.tags = tags_of(row.tags);
  return {.server_certificate = out};
}

im::ListServerCertificatesResponse Service::list_server_certificates(aws::Context& context,
                                                                     const im::ListServerCertificatesRequest& request) {
  im::ListServerCertificatesResponse out{.server_certificate_metadata_list =
                                             std::vector<im::ServerCertificateMetadata>{}};
  for (const ServerCertificate* row : server_certificates_.list(context.account, ""))
    if (row->path.starts_with(request.path_prefix.value_or("/")))
      out.server_certificate_metadata_list->push_back(metadata(*row));
  page(*out.server_certificate_metadata_list, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

im::UpdateServerCertificateResponse Service::update_server_certificate(
    aws::Context& context, const im::UpdateServerCertificateRequest& request) {
  ServerCertificate row = server_certificate(context, *request.server_certificate_name);
  const std::string name = request.new_server_certificate_name.value_or(row.name);
  if (name != row.name && server_certificates_.find(context.account, "", name) != nullptr)
    throw im::errors::EntityAlreadyExistsException("The Server Certificate with name " + name + " already exists.");
  row.name = name;
  row.path = request.new_path.value_or(row.path);
  row.arn = make_arn("iam", "", context.account, "server-certificate" + row.path + name);
  server_certificates_.erase({context.account, "", *request.server_certificate_name});
  server_certificates_.put({context.account, "", name}, std::move(row));
  return {};
}

im::DeleteServerCertificateResponse Service::delete_server_certificate(
    aws::Context& context, const im::DeleteServerCertificateRequest& request) {
  server_certificate(context, *request.server_certificate_name);
  server_certificates_.erase({context.account, "", *request.server_certificate_name});
  return {};
}

im::TagServerCertificateResponse Service::tag_server_certificate(aws::Context& context,
                                                                 const im::TagServerCertificateRequest& request) {
  server_certificate(context, *request.server_certificate_name);
  server_certificates_.update({context.account, "", *request.server_certificate_name},
                              [&](ServerCertificate& row) { merge_tags(row.tags, request.tags, "ServerCertificate"); });
  return {};
}

im::UntagServerCertificateResponse Service::untag_server_certificate(aws::Context& context,
                                                                     const im::UntagServerCertificateRequest& request) {
  server_certificate(context, *request.server_certificate_name);
  server_certificates_.update({context.account, "", *request.server_certificate_name}, [&](ServerCertificate& row) {
    for (const auto& name : *request.tag_keys) row.tags.erase(name);
  });
  return {};
}

im::ListServerCertificateTagsResponse Service::list_server_certificate_tags(
    aws::Context& context, const im::ListServerCertificateTagsRequest& request) {
  im::ListServerCertificateTagsResponse out{
      .tags = tags_of(server_certificate(context, *request.server_certificate_name).tags)};
  page(*out.tags, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

void Service::change_ssh_key(const aws::Context& context, const std::string& user, const std::string& id,
                             const std::function<void(std::vector<SshKey>&, std::size_t)>& change) {
  const auto& keys = entity(context, Kind::user, user).ssh_keys;
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const SshKey& k) { return k.id == id; });
  if (found == keys.end())
    throw im::errors::NoSuchEntityException("The Public Key with id " + id + " cannot be found.");
  const auto at = static_cast<std::size_t>(found - keys.begin());
  entities_.update(key(context, Kind::user, user), [&](Entity& row) { change(row.ssh_keys, at); });
}

im::UploadSSHPublicKeyResponse Service::upload_ssh_public_key(aws::Context& context,
                                                              const im::UploadSSHPublicKeyRequest& request) {
  const Entity& user = entity(context, Kind::user, *request.user_name);
  SshKey row{.body = *request.ssh_public_key_body};
  row.fingerprint = ssh_fingerprint(row.body);
  if (row.fingerprint.empty())
    throw im::errors::InvalidPublicKeyException("The public key is not in a supported format or is not valid.");
  for (const auto& other : user.ssh_keys)
    if (other.fingerprint == row.fingerprint)
      throw im::errors::DuplicateSSHPublicKeyException("The SSH public key is already associated with the user.");
  if (user.ssh_keys.size() >= kSshKeys) exceeds("SSHPublicKeysPerUser", kSshKeys);
  row.id = "APKA" + random_.from(kUpper, 17);
  row.uploaded = Timestamp{context.now.ms / 1000 * 1000};
  entities_.update(key(context, Kind::user, *request.user_name), [&](Entity& e) { e.ssh_keys.push_back(row); });
  return {.ssh_public_key = describe_key(*request.user_name, row)};
}

im::GetSSHPublicKeyResponse Service::get_ssh_public_key(aws::Context& context,
                                                        const im::GetSSHPublicKeyRequest& request) {
  if (request.encoding == "PEM") throw aws::not_implemented("GetSSHPublicKey: Encoding PEM");
  for (const auto& row : entity(context, Kind::user, *request.user_name).ssh_keys)
    if (row.id == *request.ssh_public_key_id) return {.ssh_public_key = describe_key(*request.user_name, row)};
  throw im::errors::NoSuchEntityException("The Public Key with id " + *request.ssh_public_key_id + " cannot be found.");
}

im::ListSSHPublicKeysResponse Service::list_ssh_public_keys(aws::Context& context,
                                                            const im::ListSSHPublicKeysRequest& request) {
  im::ListSSHPublicKeysResponse out{.ssh_public_keys = std::vector<im::SSHPublicKeyMetadata>{}};
  const std::string user = caller_user(context, request.user_name);
  for (const auto& row : entity(context, Kind::user, user).ssh_keys)
    out.ssh_public_keys->push_back({.user_name = user,
                                    .ssh_public_key_id = row.id,
                                    .status = row.active ? "Active" : "Inactive",
                                    .upload_date = row.uploaded});
  page(*out.ssh_public_keys, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

im::UpdateSSHPublicKeyResponse Service::update_ssh_public_key(aws::Context& context,
                                                              const im::UpdateSSHPublicKeyRequest& request) {
  change_ssh_key(context, *request.user_name, *request.ssh_public_key_id,
                 [&](std::vector<SshKey>& keys, std::size_t at) { keys[at].active = active(*request.status); });
  return {};
}

im::DeleteSSHPublicKeyResponse Service::delete_ssh_public_key(aws::Context& context,
                                                              const im::DeleteSSHPublicKeyRequest& request) {
  change_ssh_key(
      context, *request.user_name, *request.ssh_public_key_id,
      [](std::vector<SshKey>& keys, std::size_t at) { keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(at)); });
  return {};
}

im::UploadSigningCertificateResponse Service::upload_signing_certificate(
    aws::Context& context, const im::UploadSigningCertificateRequest& request) {
  const std::string user = caller_user(context, request.user_name);
  const Entity& owner = entity(context, Kind::user, user);
  if (!certificate_end(*request.certificate_body))
    throw im::errors::MalformedCertificateException("Certificate " + *request.certificate_body + " is malformed");
  for (const auto& other : owner.signing_certificates)
    if (text::trim(other.body) == text::trim(*request.certificate_body))
      throw im::errors::DuplicateCertificateException("The certificate is already associated with the user.");
  if (owner.signing_certificates.size() >= kSigningCertificates) exceeds("CertificatesPerUser", kSigningCertificates);
  const SigningCertificate row{.id = random_.from(kUpper, 24),
                               .body = *request.certificate_body,
                               .uploaded = Timestamp{context.now.ms / 1000 * 1000}};
  entities_.update(key(context, Kind::user, user), [&](Entity& e) { e.signing_certificates.push_back(row); });
  return {.certificate = describe_certificate(user, row)};
}

im::ListSigningCertificatesResponse Service::list_signing_certificates(
    aws::Context& context, const im::ListSigningCertificatesRequest& request) {
  im::ListSigningCertificatesResponse out{.certificates = std::vector<im::SigningCertificate>{}};
  const std::string user = caller_user(context, request.user_name);
  for (const auto& row : entity(context, Kind::user, user).signing_certificates)
    out.certificates->push_back(describe_certificate(user, row));
  page(*out.certificates, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

void Service::change_signing_certificate(
    const aws::Context& context, const std::string& user, const std::string& id,
    const std::function<void(std::vector<SigningCertificate>&, std::size_t)>& change) {
  const auto& rows = entity(context, Kind::user, user).signing_certificates;
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const SigningCertificate& c) { return c.id == id; });
  if (found == rows.end())
    throw im::errors::NoSuchEntityException("The Certificate with id " + id + " cannot be found.");
  const auto at = static_cast<std::size_t>(found - rows.begin());
  entities_.update(key(context, Kind::user, user), [&](Entity& row) { change(row.signing_certificates, at); });
}

im::UpdateSigningCertificateResponse Service::update_signing_certificate(
    aws::Context& context, const im::UpdateSigningCertificateRequest& request) {
  change_signing_certificate(
      context, caller_user(context, request.user_name), *request.certificate_id,
      [&](std::vector<SigningCertificate>& rows, std::size_t at) { rows[at].active = active(*request.status); });
  return {};
}

im::DeleteSigningCertificateResponse Service::delete_signing_certificate(
    aws::Context& context, const im::DeleteSigningCertificateRequest& request) {
  change_signing_certificate(context, caller_user(context, request.user_name), *request.certificate_id,
                             [](std::vector<SigningCertificate>& rows, std::size_t at) {
                               rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(at));
                             });
  return {};
}

}  // namespace stratus::services::iam
