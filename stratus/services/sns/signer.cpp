#include "stratus/services/sns/signer.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

#include "stratus/core/base64.h"
#include "stratus/core/check.h"
#include "stratus/core/deleter.h"

namespace stratus::services::sns {
namespace {

using Pkey = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

void extend(X509* certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  STRATUS_ASSERT(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

KeyPair make_key_pair(std::int64_t now) {
  const Pkey key(EVP_RSA_gen(2048));
  STRATUS_ASSERT(key);
  const Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  std::uint64_t serial = 0;
  STRATUS_ASSERT(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1U);
  constexpr std::int64_t day = 86'400, years = 10;
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), now - day);
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), now + years * 365 * day);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("Stratus"), -1, -1, 0);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("sns.amazonaws.com"), -1,
                             -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_set_pubkey(certificate.get(), key.get());
  extend(certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
  extend(certificate.get(), NID_key_usage, "critical,digitalSignature");
  STRATUS_ASSERT(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
  const Bio secret(BIO_new(BIO_s_mem())), open(BIO_new(BIO_s_mem()));
  STRATUS_ASSERT(PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  STRATUS_ASSERT(PEM_write_bio_X509(open.get(), certificate.get()) == 1);
  return {text_of(secret.get()), text_of(open.get())};
}

std::string sign(const std::string& private_key, const std::string& version, std::string_view text) {
  const Bio bio(BIO_new_mem_buf(private_key.data(), static_cast<int>(private_key.size())));
  const Pkey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  STRATUS_ASSERT(key);
  const DigestContext context(EVP_MD_CTX_new());
  const EVP_MD* digest = version == "2" ? EVP_sha256() : EVP_sha1();
  STRATUS_ASSERT(EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key.get()) == 1);
  std::string out(512, '\0');
  std::size_t size = out.size();
  STRATUS_ASSERT(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                                reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1);
  out.resize(size);
  return base64::encode(out);
}

}  // namespace stratus::services::sns
