// Keys and certificates as PEM text, over OpenSSL. Everything here is pure; making an RSA key takes a tenth of a
// second.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stratus/core/clock.h"

namespace stratus::services::acm::x509 {

/// PKCS #8, as AWS's KeyAlgorithm names it: RSA_2048, RSA_3072, RSA_4096, EC_prime256v1, EC_secp384r1, EC_secp521r1.
std::string make_key(const std::string& algorithm);

struct Pair {
  std::string certificate, key;
};

/// A root that signs itself.
Pair make_root(const std::string& common_name, Timestamp not_before, Timestamp not_after);
/// A server's certificate for `names`, the first of which is its subject; `serial` has 16 bytes.
std::string issue(const Pair& root, const std::string& key, const std::vector<std::string>& names,
                  const std::string& serial, Timestamp not_before, Timestamp not_after);

struct Description {
  std::string subject, issuer;  ///< "CN=example.com,O=…"
  std::string common_name;
  std::string serial;              ///< "0a:1b:…"
  std::vector<std::string> names;  ///< DNS names of the certificate
  Timestamp not_before, not_after;
  std::string key_algorithm;        ///< "RSA_2048"
  std::string signature_algorithm;  ///< "SHA256WITHRSA"
  std::string issuer_name;          ///< the issuer's organisation, or its common name
};
std::optional<Description> describe(const std::string& certificate);

/// How many PEM certificates the text holds; -1 where something in it is none.
int count(const std::string& text);
bool is_key(const std::string& text);
bool belongs(const std::string& certificate, const std::string& key);
/// Whether `chain` (issuer first) leads on from the certificate, each signed by the next.
bool verifies(const std::string& certificate, const std::string& chain);

}  // namespace stratus::services::acm::x509
