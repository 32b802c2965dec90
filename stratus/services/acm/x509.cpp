#include "stratus/services/acm/x509.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>

#include "stratus/core/check.h"
#include "stratus/core/deleter.h"
#include "stratus/core/text.h"

namespace stratus::services::acm::x509 {
namespace {

using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;

Bio reader(const std::string& text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

/// A PEM block behind a passphrase has no use here, and nobody to ask for one.
int no_passphrase(char*, int, int, void*) { return -1; }

Key read_key(const std::string& pem) {
  Key out(PEM_read_bio_PrivateKey(reader(pem).get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  return out;
}

Certificate read_certificate(const std::string& pem) {
  Certificate out(PEM_read_bio_X509(reader(pem).get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  return out;
}

std::vector<Certificate> read_certificates(const std::string& pem) {
  std::vector<Certificate> out;
  const Bio bio = reader(pem);
  while (Certificate next{PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)})
    out.push_back(std::move(next));
  ERR_clear_error();
  return out;
}

std::string pem_of(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  STRATUS_ASSERT(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return text_of(bio.get());
}

std::string pem_of(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  STRATUS_ASSERT(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return text_of(bio.get());
}

void set_times(X509* certificate, Timestamp not_before, Timestamp not_after) {
  ASN1_TIME_set(X509_getm_notBefore(certificate), static_cast<std::time_t>(not_before.ms / 1000));
  ASN1_TIME_set(X509_getm_notAfter(certificate), static_cast<std::time_t>(not_after.ms / 1000));
}

void add_name(X509_NAME* name, const char* field, const std::string& value) {
  X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                             static_cast<int>(value.size()), -1, 0);
}

void add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  STRATUS_ASSERT(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

void set_serial(X509* certificate, const std::string& bytes) {
  BIGNUM* number =
      BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()), nullptr);
  BN_clear_bit(number, static_cast<int>(bytes.size()) * 8 - 1);  // positive in DER
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
}

std::string name_text(const X509_NAME* name) {
  const Bio bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~XN_FLAG_DN_REV);
  return text_of(bio.get());
}

std::string entry(X509_NAME* name, int id) {
  char buffer[256] = {};
  return X509_NAME_get_text_by_NID(name, id, buffer, sizeof buffer) < 0 ? "" : buffer;
}

Timestamp time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return {static_cast<std::int64_t>(timegm(&parts)) * 1000};
}

std::string key_algorithm(EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) return "RSA_" + std::to_string(EVP_PKEY_get_bits(key));
  char group[64] = {};
  std::size_t length = 0;
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && EVP_PKEY_get_group_name(key, group, sizeof group, &length) == 1)
    return std::string("EC_") + group;
  return "";
}

std::string signature_algorithm(X509* certificate) {
  int digest = NID_undef, key = NID_undef;
  if (X509_get_signature_info(certificate, &digest, &key, nullptr, nullptr) != 1 || digest == NID_undef) return "";
  return std::string(OBJ_nid2sn(digest)) + "WITH" + (key == EVP_PKEY_EC ? "ECDSA" : "RSA");
}

}  // namespace

std::string make_key(const std::string& algorithm) {
  Key key;
  if (algorithm.starts_with("RSA_"))
    key.reset(EVP_RSA_gen(static_cast<unsigned>(std::stoul(algorithm.substr(4)))));
  else
    key.reset(EVP_EC_gen(algorithm.substr(3).c_str()));
  STRATUS_ASSERT(key != nullptr);
  return pem_of(key.get());
}

Pair make_root(const std::string& common_name, Timestamp not_before, Timestamp not_after) {
  Pair out{"", make_key("RSA_2048")};
  const Key key = read_key(out.key);
  const Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  set_times(certificate.get(), not_before, not_after);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  add_name(name, "O", "Stratus");
  add_name(name, "CN", common_name);
  X509_set_issuer_name(certificate.get(), name);
  X509_set_pubkey(certificate.get(), key.get());
  add_extension(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(certificate.get(), certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(certificate.get(), certificate.get(), NID_subject_key_identifier, "hash");
  STRATUS_ASSERT(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
  out.certificate = pem_of(certificate.get());
  return out;
}

std::string issue(const Pair& root, const std::string& key_pem, const std::vector<std::string>& names,
                  const std::string& serial, Timestamp not_before, Timestamp not_after) {
  const Certificate issuer = read_certificate(root.certificate);
  const Key issuer_key = read_key(root.key), key = read_key(key_pem);
  STRATUS_ASSERT(issuer && issuer_key && key && !names.empty());
  const Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  set_serial(certificate.get(), serial);
  set_times(certificate.get(), not_before, not_after);
  // A common name holds 64 characters at most; the alternative names are what clients look at.
  if (names.front().size() <= 64) add_name(X509_get_subject_name(certificate.get()), "CN", names.front());
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get()));
  X509_set_pubkey(certificate.get(), key.get());
  std::vector<std::string> alternatives;
  for (const auto& name : names) alternatives.push_back("DNS:" + name);
  add_extension(certificate.get(), issuer.get(), NID_subject_alt_name, text::join(alternatives, ","));
  add_extension(certificate.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
  const bool rsa = EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_RSA;
  add_extension(certificate.get(), issuer.get(), NID_key_usage,
                rsa ? "critical,digitalSignature,keyEncipherment" : "critical,digitalSignature");
  add_extension(certificate.get(), issuer.get(), NID_ext_key_usage, "serverAuth,clientAuth");
  add_extension(certificate.get(), issuer.get(), NID_subject_key_identifier, "hash");
  add_extension(certificate.get(), issuer.get(), NID_authority_key_identifier, "keyid");
  STRATUS_ASSERT(X509_sign(certificate.get(), issuer_key.get(), EVP_sha256()) > 0);
  return pem_of(certificate.get());
}

std::optional<Description> describe(const std::string& pem) {
  const Certificate certificate = read_certificate(pem);
  if (!certificate) return std::nullopt;
  Description out;
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME* issuer = X509_get_issuer_name(certificate.get());
  out.subject = name_text(subject);
  out.issuer = name_text(issuer);
  out.common_name = entry(subject, NID_commonName);
  out.issuer_name = entry(issuer, NID_organizationName);
  if (out.issuer_name.empty()) out.issuer_name = entry(issuer, NID_commonName);
  out.not_before = time_of(X509_get0_notBefore(certificate.get()));
  out.not_after = time_of(X509_get0_notAfter(certificate.get()));
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate.get());
  for (int i = 0; i < ASN1_STRING_length(serial); ++i)
    out.serial += fmt::format("{}{:02x}", i == 0 ? "" : ":", ASN1_STRING_get0_data(serial)[i]);
  if (auto* alternatives =
          static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr))) {
    for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); ++i) {
      const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives, i);
      if (name->type != GEN_DNS) continue;
      out.names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                             static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    }
    GENERAL_NAMES_free(alternatives);
  }
  EVP_PKEY* key = X509_get0_pubkey(certificate.get());
  if (key != nullptr) out.key_algorithm = key_algorithm(key);
  out.signature_algorithm = signature_algorithm(certificate.get());
  return out;
}

int count(const std::string& text) {
  int blocks = 0;
  for (auto at = text.find("-----BEGIN "); at != std::string::npos; at = text.find("-----BEGIN ", at + 1)) ++blocks;
  const int read = static_cast<int>(read_certificates(text).size());
  return blocks == read && read > 0 ? read : -1;
}

bool is_key(const std::string& text) { return read_key(text) != nullptr; }

bool belongs(const std::string& certificate, const std::string& key) {
  const Certificate parsed = read_certificate(certificate);
  const Key parsed_key = read_key(key);
  const bool same = parsed && parsed_key && X509_check_private_key(parsed.get(), parsed_key.get()) == 1;
  ERR_clear_error();
  return same;
}

bool verifies(const std::string& certificate, const std::string& chain) {
  const Certificate leaf = read_certificate(certificate);
  const auto issuers = read_certificates(chain);
  X509* at = leaf.get();
  for (const auto& issuer : issuers) {
    EVP_PKEY* key = X509_get0_pubkey(issuer.get());
    const bool good = at != nullptr && key != nullptr && X509_check_issued(issuer.get(), at) == X509_V_OK &&
                      X509_verify(at, key) == 1;
    ERR_clear_error();
    if (!good) return false;
    at = issuer.get();
  }
  return leaf != nullptr && !issuers.empty();
}

}  // namespace stratus::services::acm::x509
