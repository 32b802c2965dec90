// Which service and which operation a request means.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stratus/core/operation.h"
#include "stratus/wire/codec.h"

namespace stratus::wire {

struct Route {
  const aws::ServiceModel* service = nullptr;
  aws::Service* implementation = nullptr;
  const aws::Operation* operation = nullptr;  ///< null: the service knows no such operation
  aws::Protocol protocol = aws::Protocol::json;
  std::string operation_name;  ///< as the request names it
  std::map<std::string, std::string> labels;
};

class Router {
 public:
  void add(const aws::ServiceModel& model, aws::Service& implementation);
  /// `scope_service` is the service of the request's signature; where it is empty, the API's version or the Host header
  /// may tell. Nothing where no service can be told.
  std::optional<Route> find(const RequestParts& parts, const std::string& scope_service) const;
  std::vector<std::string> services() const;
  /// Whether a service signs as `name` ("monitoring").
  bool signs_as(std::string_view name) const { return by_signing_name(name) != nullptr; }
  /// True where an unsigned request is for S3: a bucket's host, or a path that no other service has.
  bool unsigned_s3(const RequestParts& parts) const;
  /// The path as it would be with the bucket of the Host header in it.
  static std::string path_with_bucket(const RequestParts& parts);

 private:
  struct Entry {
    const aws::ServiceModel* model;
    aws::Service* implementation;
  };
  const Entry* by_target(std::string_view prefix) const;
  const Entry* by_signing_name(std::string_view name) const;
  const Entry* by_api_version(const RequestParts& parts) const;
  const Entry* by_host(const RequestParts& parts) const;
  static Route rest(const Entry& entry, const RequestParts& parts);
  std::vector<Entry> entries_;
};

/// The bucket that a Host header names ("bucket.s3.us-east-1.amazonaws.com", "bucket.localhost:4566"), or "".
std::string virtual_host_bucket(std::string_view host);

/// True for the hosts of buckets' websites ("bucket.s3-website-us-east-1.amazonaws.com",
/// "bucket.s3-website.localhost").
bool is_website_host(std::string_view host);

/// True where `path` fits `uri` ("/{Bucket}/{Key+}?acl") and the query has the template's keys; fills the labels,
/// decoded. `score` tells how specific the fit is.
bool match_uri(const char* uri, const RequestParts& parts, std::map<std::string, std::string>& labels, int& score);

}  // namespace stratus::wire
