// What a trail carries: files to its bucket, events to its log group, notices to its topic, digests that prove the
// files.
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <boost/json.hpp>

#include "stratus/core/arn.h"
#include "stratus/core/base64.h"
#include "stratus/core/crypto.h"
#include "stratus/core/log.h"
#include "stratus/core/text.h"
#include "stratus/services/cloudtrail/gzip.h"
#include "stratus/services/cloudtrail/service.h"
#include "stratus/services/sns/signer.h"

namespace stratus::services::cloudtrail {
namespace json = boost::json;
namespace {

constexpr std::int64_t kMostRecords = 20'000;  // that one delivery looks at; what is left goes with the next
constexpr Duration kDigestInterval = std::chrono::hours(1);
constexpr std::string_view kFileAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr const char* kPrincipal = "cloudtrail.amazonaws.com";

/// IAM, STS and Route 53 belong to no region; their events stand in us-east-1.
bool global(const std::string& source) {
  return source == "iam.amazonaws.com" || source == "sts.amazonaws.com" || source == "route53.amazonaws.com";
}

std::string day(Timestamp time) {
  const std::string date = to_rfc3339(time).substr(0, 10);
  return date.substr(0, 4) + "/" + date.substr(5, 2) + "/" + date.substr(8, 2);
}

std::string seconds(Timestamp time) { return to_rfc3339(Timestamp{time.ms - time.ms % 1000}); }

std::string prefix_of(const Trail& row) { return row.is.s3_key_prefix ? *row.is.s3_key_prefix + "/" : ""; }

/// The public half in PKCS #1, as ListPublicKeys gives it.
std::string public_der(const std::string& private_pem) {
  BIO* bio = BIO_new_mem_buf(private_pem.data(), static_cast<int>(private_pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  STRATUS_ASSERT(key != nullptr);
  unsigned char* bytes = nullptr;
  const int size = i2d_PublicKey(key, &bytes);
  STRATUS_ASSERT(size > 0);
  std::string out(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  EVP_PKEY_free(key);
  return out;
}

}  // namespace

std::map<std::string, Service::Batch> Service::collect(const Trail& row, std::int64_t& cursor) {
  std::map<std::string, Batch> out;
  const std::string account = Arn::parse(*row.is.trail_arn)->account;
  auto rows = store_.sql().query(
      "SELECT id, region, time, read_only, data, source, name, resource_type, resource_arn, body FROM "
      "cloudtrail_events "
      "WHERE account=? AND id>? ORDER BY id LIMIT ?");
  rows.bind(1, account).bind(2, cursor).bind(3, kMostRecords);
  while (rows.step()) {
    cursor = rows.integer(0);
    const std::string region = rows.text(1), source = rows.text(5);
    const bool here = row.is.is_multi_region_trail.value_or(false) || region == *row.is.home_region ||
                      (global(source) && row.is.include_global_service_events.value_or(true));
    if (!here) continue;
    Facts facts{source, rows.text(6), rows.integer(3) != 0, rows.integer(4) != 0, rows.text(7), rows.text(8), ""};
    std::string body = rows.text(9);
    if (row.advanced) {
      const json::value record = json::parse(body);
      if (const auto* arn = record.at("userIdentity").get_object().if_contains("arn"))
        facts.user_arn = std::string(arn->as_string());
    }
    if (!selected(row, facts)) continue;
    Batch& batch = out[region];
    const Timestamp time{rows.integer(2)};
    if (batch.records.empty()) batch.oldest = batch.newest = time;
    batch.oldest = std::min(batch.oldest, time);
    batch.newest = std::max(batch.newest, time);
    batch.records.push_back(std::move(body));
  }
  return out;
}

void Service::deliver(const state::Key& key) {
  const Trail* found = trails_.find(key);
  if (found == nullptr) return;
  store_.call([&] {
    Trail row = *found;
    const Timestamp now = loop_.clock().now();
    std::int64_t cursor = row.cursor;
    const auto batches = collect(row, cursor);
    bool arrived = true;
    for (const auto& [region, batch] : batches) {
      try {
        deliver_batch(row, key.account, region, batch);
      } catch (const aws::Error& error) {
        arrived = false;
        row.delivery_error = error.code;
        log::warning("cloudtrail.not_delivered", {{"trail", *row.is.trail_arn},
                                                  {"bucket", *row.is.s3_bucket_name},
                                                  {"error", error.code + ": " + error.message}});
      }
      if (!arrived) break;
    }
    // Where the bucket refused, the same events are tried again.
    if (arrived) row.cursor = cursor;
    row.next_delivery = now + settings_.delivery_interval;
    if (row.is.log_file_validation_enabled.value_or(false) && now >= row.digest_from + kDigestInterval) {
      try {
        digest(row, key.account);
        row.digest_error.reset();
      } catch (const aws::Error& error) {
        row.digest_error = error.code;
      }
    }
    trails_.put(key, std::move(row));
  });
}

void Service::deliver_batch(Trail& row, const std::string& account, const std::string& region, const Batch& batch) {
  const Timestamp now = loop_.clock().now();
  const std::string minute = to_basic_iso8601(now).substr(0, 13) + "Z";
  const std::string object = prefix_of(row) + "AWSLogs/" + account + "/CloudTrail/" + region + "/" + day(now) + "/" +
                             account + "_CloudTrail_" + region + "_" + minute + "_" + random_.from(kFileAlphabet, 16) +
                             ".json.gz";
  const std::string file = "{\"Records\":[" + text::join(batch.records, ",") + "]}";
  buckets_.put(account, *row.is.home_region, *row.is.s3_bucket_name, object, gzip(file), *row.is.trail_arn, {});
  row.delivered = now;
  row.delivery_error.reset();
  if (row.is.log_file_validation_enabled.value_or(false))
    row.digest_files.push_back(json::serialize(json::object{{"s3Bucket", *row.is.s3_bucket_name},
                                                            {"s3Object", object},
                                                            {"hashValue", crypto::sha256_hex(file)},
                                                            {"hashAlgorithm", "SHA-256"},
                                                            {"newestEventTime", seconds(batch.newest)},
                                                            {"oldestEventTime", seconds(batch.oldest)}}));
  if (row.is.sns_topic_arn) {
    row.notified = now;
    row.notification_error.reset();
    try {
      const std::string notice = json::serialize(
          json::object{{"s3Bucket", *row.is.s3_bucket_name}, {"s3ObjectKey", json::array{json::value(object)}}});
      sns_.publish_from_service(account, Arn::parse(*row.is.sns_topic_arn)->region, *row.is.sns_topic_arn, "", notice,
                                kPrincipal, *row.is.trail_arn);
    } catch (const aws::Error& error) {
      row.notification_error = error.code;
    }
  }
  if (row.is.cloud_watch_logs_log_group_arn) {
    const Arn arn = *Arn::parse(*row.is.cloud_watch_logs_log_group_arn);
    const std::string stream = account + "_CloudTrail_" + *row.is.home_region;
    row.logs_error.reset();
    try {
      const std::string where = arn.text().substr(0, arn.text().size() - 1) + "log-stream:" + stream;
      if (!iam_.role_trusts(*row.is.cloud_watch_logs_role_arn, kPrincipal) ||
          !iam_.role_allows(*row.is.cloud_watch_logs_role_arn, "logs:PutLogEvents", where))
        throw aws::Error("AccessDenied", 403, "The role may not write to the log group");
      std::vector<logs::Event> events;
      for (const auto& record : batch.records) events.push_back({now, record});
      logs_.append(account, arn.region, text::split(arn.resource, ':').at(1), stream, events);
      row.logged = now;
    } catch (const aws::Error& error) {
      row.logs_error = error.code;
    }
  }
}

const DigestKey& Service::digest_key() {
  const Timestamp now = loop_.clock().now();
  for (const auto& [key, row] : digest_keys_.all())
    if (row->from <= now && now < row->until) return *row;
  const auto pair = sns::make_key_pair(now.ms / 1000);
  const std::string der = public_der(pair.private_key), fingerprint = crypto::to_hex(crypto::md5(der));
  return digest_keys_.put(
      {"", "", fingerprint},
      {{crypto::seal(master_, pair.private_key, "cloudtrail")}, {der}, now, now + std::chrono::hours(24 * 365)});
}

/// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
void Service::digest(Trail& row, const std::string& account) {
  const Timestamp now = loop_.clock().now();
  const DigestKey key = digest_key();
  const std::string region = *row.is.home_region, bucket = *row.is.s3_bucket_name;
  const std::string object = prefix_of(row) + "AWSLogs/" + account + "/CloudTrail-Digest/" + region + "/" + day(now) +
                             "/" + account + "_CloudTrail-Digest_" + region + "_" + *row.is.name + "_" + region + "_" +
                             to_basic_iso8601(now) + ".json.gz";
  const bool first = row.previous_digest_key.empty();
  const auto previous = [&](const std::string& text) { return first ? json::value() : json::value(text); };
  json::array files;
  json::value newest, oldest;
  for (const auto& file : row.digest_files) {
    files.push_back(json::parse(file));
    const auto& item = files.back().get_object();
    if (newest.is_null() || newest.get_string() < item.at("newestEventTime").get_string())
      newest = item.at("newestEventTime");
    if (oldest.is_null() || oldest.get_string() > item.at("oldestEventTime").get_string())
      oldest = item.at("oldestEventTime");
  }
  const json::object content = {{"awsAccountId", account},
                                {"digestStartTime", seconds(row.digest_from)},
                                {"digestEndTime", seconds(now)},
                                {"digestS3Bucket", bucket},
                                {"digestS3Object", object},
                                {"digestPublicKeyFingerprint", crypto::to_hex(crypto::md5(key.public_key.bytes))},
                                {"digestSignatureAlgorithm", "SHA256withRSA"},
                                {"newestEventTime", newest},
                                {"oldestEventTime", oldest},
                                {"previousDigestS3Bucket", previous(bucket)},
                                {"previousDigestS3Object", previous(row.previous_digest_key)},
                                {"previousDigestHashValue", previous(row.previous_digest_hash)},
                                {"previousDigestHashAlgorithm", previous("SHA-256")},
                                {"previousDigestSignature", previous(row.previous_digest_signature)},
                                {"logFiles", files}};
  const std::string text = json::serialize(content), hash = crypto::sha256_hex(text);
  const std::string to_sign = seconds(now) + "\n" + bucket + "/" + object + "\n" + hash + "\n" +
                              (first ? "null" : row.previous_digest_signature);
  const auto secret = crypto::unseal(master_, key.private_key.bytes, "cloudtrail");
  if (!secret) throw aws::Error("InternalError", 500, "the key of digests cannot be opened");
  const std::string signature = crypto::to_hex(*base64::decode(sns::sign(*secret, "2", to_sign)));
  buckets_.put(account, region, bucket, object, gzip(text), *row.is.trail_arn,
               {{"signature", signature}, {"signature-algorithm", "SHA256withRSA"}});
  row.digested = now;
  row.digest_from = now;
  row.digest_files.clear();
  row.previous_digest_key = object;
  row.previous_digest_hash = hash;
  row.previous_digest_signature = signature;
}

ct::ListPublicKeysResponse Service::list_public_keys(aws::Context& context, const ct::ListPublicKeysRequest& request) {
  const Timestamp from = request.start_time.value_or(context.now - std::chrono::hours(24)),
                  until = request.end_time.value_or(context.now);
  if (from > until) throw ct::errors::InvalidTimeRangeException("The start time must be before the end time.");
  ct::ListPublicKeysResponse out{.public_key_list = std::vector<ct::PublicKey>{}};
  for (const auto& [key, row] : digest_keys_.all())
    if (row->from <= until && row->until >= from)
      out.public_key_list->push_back({.value = row->public_key,
                                      .validity_start_time = row->from,
                                      .validity_end_time = row->until,
                                      .fingerprint = key.id});
  return out;
}

}  // namespace stratus::services::cloudtrail
