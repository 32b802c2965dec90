#include "stratus/services/iam/certificates.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>
#include <vector>

#include "stratus/core/deleter.h"

namespace stratus::services::iam {
namespace {

using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;

int no_passphrase(char*, int, int, void*) { return -1; }

std::vector<Certificate> read(const std::string& pem) {
  std::vector<Certificate> out;
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  while (Certificate next{PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)})
    out.push_back(std::move(next));
  ERR_clear_error();
  return out;
}

Key read_key(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Key out(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  return out;
}

}  // namespace

std::optional<Timestamp> certificate_end(const std::string& pem) {
  const auto found = read(pem);
  std::tm time{};
  if (found.size() != 1 || ASN1_TIME_to_tm(X509_get0_notAfter(found[0].get()), &time) != 1) return std::nullopt;
  return Timestamp{static_cast<std::int64_t>(timegm(&time)) * 1000};
}

bool is_private_key(const std::string& pem) { return read_key(pem) != nullptr; }

bool key_fits(const std::string& certificate, const std::string& key) {
  const auto found = read(certificate);
  const Key given = read_key(key);
  const bool fits = found.size() == 1 && given && X509_check_private_key(found[0].get(), given.get()) == 1;
  ERR_clear_error();
  return fits;
}

bool chain_fits(const std::string& certificate, const std::string& chain) {
  auto path = read(certificate);
  for (auto& next : read(chain)) path.push_back(std::move(next));
  bool fits = path.size() > 1;
  for (std::size_t i = 0; fits && i + 1 < path.size(); ++i)
    fits = X509_verify(path[i].get(), X509_get0_pubkey(path[i + 1].get())) == 1;
  ERR_clear_error();
  return fits;
}

}  // namespace stratus::services::iam
