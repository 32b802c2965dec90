// Buckets as websites: their settings, and the pages that browsers get by the host names of websites.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html
#include <fmt/format.h>

#include "stratus/core/text.h"
#include "stratus/services/s3/service.h"
#include "stratus/wire/xml.h"

namespace stratus::services::s3 {
namespace {

void check_rule(const api::RoutingRule& rule) {
  if (!rule.redirect) throw refuse::malformed_xml();
  if (rule.redirect->replace_key_with && rule.redirect->replace_key_prefix_with)
    throw refuse::invalid_request("You can only define ReplaceKeyPrefix or ReplaceKey but not both.");
  if (rule.condition && !rule.condition->key_prefix_equals && !rule.condition->http_error_code_returned_equals)
    throw refuse::invalid_request(
        "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be "
        "present.");
  if (rule.redirect->protocol && *rule.redirect->protocol != "http" && *rule.redirect->protocol != "https")
    throw refuse::invalid_request(
        "Invalid protocol, protocol can be http or https. If not defined the protocol will "
        "be selected automatically.");
}

void check_website(const api::WebsiteConfiguration& wish) {
  if (wish.redirect_all_requests_to) {
    if (wish.index_document || wish.error_document || wish.routing_rules)
      throw refuse::invalid_argument(
          "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.", "RedirectAllRequestsTo",
          "not null");
    if (!wish.redirect_all_requests_to->host_name) throw refuse::malformed_xml();
    return;
  }
  if (!wish.index_document)
    throw refuse::invalid_argument(
        "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty", "IndexDocument", "null");
  const std::string suffix = wish.index_document->suffix.value_or("");
  if (suffix.empty() || suffix.find('/') != std::string::npos)
    throw refuse::invalid_argument("The IndexDocument Suffix is not well formed", "IndexDocument", suffix);
  if (wish.error_document && wish.error_document->key.value_or("").empty())
    throw refuse::invalid_argument("The ErrorDocument Key is not well formed", "ErrorDocument", "");
  if (!wish.routing_rules) return;
  if (wish.routing_rules->empty() || wish.routing_rules->size() > 50) throw refuse::malformed_xml();
  for (const auto& rule : *wish.routing_rules) check_rule(rule);
}

const char* reason_of(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 416:
      return "Requested Range Not Satisfiable";
    default:
      return "Error";
  }
}

/// The page that AWS makes where the bucket has none.
std::string error_page(const aws::Error& error, const std::string& request_id) {
  const std::string title = fmt::format("{} {}", error.status, reason_of(error.status));
  std::string items;
  const auto item = [&](const std::string& name, const std::string& value) {
    std::string escaped;
    wire::xml::escape(escaped, value);
    items += "<li>" + name + ": " + escaped + "</li>\n";
  };
  item("Code", error.code);
  item("Message", error.message);
  for (const auto& [name, value] : error.details) item(name, value);
  item("RequestId", request_id);
  return fmt::format(
      "<html>\n<head><title>{0}</title></head>\n<body>\n<h1>{0}</h1>\n<ul>\n{1}</ul>\n<hr/>\n</body>\n</html>\n", title,
      items);
}

/// A website is read, by GET and HEAD, and by nobody in particular.
struct Visit {
  const std::string bucket, key;
  const std::string scheme_and_host;
  bool head;
};

std::string redirect_target(const Visit& visit, const api::Redirect& to, const std::string& matched_prefix) {
  std::string key = visit.key;
  if (to.replace_key_with) key = *to.replace_key_with;
  if (to.replace_key_prefix_with) key = *to.replace_key_prefix_with + key.substr(matched_prefix.size());
  std::string origin = visit.scheme_and_host;
  if (to.protocol) origin = *to.protocol + origin.substr(origin.find("://"));
  if (to.host_name) origin = origin.substr(0, origin.find("://") + 3) + *to.host_name;
  return origin + "/" + text::uri_encode(key, true);
}

/// The rule for a key before it is looked for (`status` 0), or after that ended with an error.
const api::RoutingRule* rule_for(const api::WebsiteConfiguration& site, const std::string& key, int status) {
  if (!site.routing_rules) return nullptr;
  for (const auto& rule : *site.routing_rules) {
    const bool by_error = rule.condition && rule.condition->http_error_code_returned_equals.has_value();
    if (by_error != (status != 0)) continue;
    if (by_error && *rule.condition->http_error_code_returned_equals != std::to_string(status)) continue;
    if (rule.condition && !key.starts_with(rule.condition->key_prefix_equals.value_or(""))) continue;
    return &rule;
  }
  return nullptr;
}

void redirect(aws::PlainReply& reply, int status, const std::string& location) {
  reply.status = status;
  reply.headers["Location"] = location;
  reply.body.clear();
}

/// The headers of an object's page; its bytes are in `found` or already on their way.
void show(const api::GetObjectOutput& found, bool head, std::uint64_t length, aws::PlainReply& reply) {
  const auto tell = [&](const char* name, const std::optional<std::string>& value) {
    if (value) reply.headers[name] = *value;
  };
  tell("Content-Type", found.content_type);
  tell("Cache-Control", found.cache_control);
  tell("Content-Disposition", found.content_disposition);
  tell("Content-Encoding", found.content_encoding);
  tell("Content-Language", found.content_language);
  tell("Content-Range", found.content_range);
  tell("Accept-Ranges", found.accept_ranges);
  tell("ETag", found.e_tag);
  tell("x-amz-version-id", found.version_id);
  if (found.last_modified) reply.headers["Last-Modified"] = to_http_date(*found.last_modified);
  if (found.metadata)
    for (const auto& [name, value] : *found.metadata) reply.headers["x-amz-meta-" + name] = value;
  if (head) {
    reply.headers["Content-Length"] = std::to_string(length);
  } else if (found.body) {
    reply.body = found.body->bytes;
  }
}

}  // namespace

api::PutBucketWebsiteResponse Service::put_bucket_website(aws::Context& context,
                                                          const api::PutBucketWebsiteRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:PutBucketWebsite");
  if (!request.website_configuration) throw refuse::malformed_xml();
  const auto wish = *request.website_configuration;
  check_website(wish);
  change(bucket, [&](Bucket& row) { row.website = wish; });
  return {};
}

api::GetBucketWebsiteOutput Service::get_bucket_website(aws::Context& context,
                                                        const api::GetBucketWebsiteRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:GetBucketWebsite");
  if (!bucket.website)
    throw refuse::with(
        {"NoSuchWebsiteConfiguration", 404, "The specified bucket does not have a website configuration"},
        {{"BucketName", bucket.name}});
  return {.redirect_all_requests_to = bucket.website->redirect_all_requests_to,
          .index_document = bucket.website->index_document,
          .error_document = bucket.website->error_document,
          .routing_rules = bucket.website->routing_rules};
}

api::DeleteBucketWebsiteResponse Service::delete_bucket_website(aws::Context& context,
                                                                const api::DeleteBucketWebsiteRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:DeleteBucketWebsite");
  change(bucket, [](Bucket& row) { row.website.reset(); });
  return {};
}

void Service::serve_website(aws::Context& context, const aws::PlainRequest& request, aws::PlainReply& reply) {
  const std::string path = text::uri_decode(request.path);
  const auto slash = path.find('/', 1);
  const Visit visit{path.substr(1, slash - 1), slash == std::string::npos ? "" : path.substr(slash + 1),
                    "http://" + context.host, request.method == "HEAD"};
  context.identity = {aws::Identity::Kind::anonymous, "", "*", "anonymous", ""};
  context.account.clear();
  context.region.clear();
  context.operation = visit.head ? "HeadObject" : "GetObject";
  const auto fail = [&](const aws::Error& error) {
    reply.status = error.status;
    reply.headers = {{"Content-Type", "text/html; charset=utf-8"},
                     {"x-amz-error-code", error.code},
                     {"x-amz-error-message", error.message}};
    reply.body = error_page(error, context.request_id);
    if (visit.head) reply.headers["Content-Length"] = std::to_string(reply.body.size());
    if (visit.head) reply.body.clear();
  };
  if (request.method != "GET" && !visit.head)
    return fail(refuse::with({"MethodNotAllowed", 405, "The specified method is not allowed against this resource."},
                             {{"Method", request.method}, {"ResourceType", "OBJECT"}}));
  const Bucket* bucket = find_bucket(visit.bucket);
  if (bucket == nullptr) return fail(refuse::no_such_bucket(visit.bucket));
  if (!bucket->website)
    return fail(
        refuse::with({"NoSuchWebsiteConfiguration", 404, "The specified bucket does not have a website configuration"},
                     {{"BucketName", bucket->name}}));
  const api::WebsiteConfiguration& site = *bucket->website;
  if (site.redirect_all_requests_to) {
    const auto& to = *site.redirect_all_requests_to;
    return redirect(reply, 301,
                    to.protocol.value_or("http") + "://" + *to.host_name + "/" + text::uri_encode(visit.key, true));
  }
  const auto follow = [&](const api::RoutingRule& rule) {
    const std::string code = rule.redirect->http_redirect_code.value_or("301");
    redirect(
        reply, code == "302" ? 302 : std::stoi(code),
        redirect_target(visit, *rule.redirect, rule.condition ? rule.condition->key_prefix_equals.value_or("") : ""));
  };
  if (const auto* rule = rule_for(site, visit.key, 0)) return follow(*rule);
  const auto header = [&](const char* name) {
    const auto found = context.headers.find(name);
    return found == context.headers.end() ? std::optional<std::string>() : found->second;
  };
  const auto page = [&](const std::string& key, bool conditional) {
    api::GetObjectRequest wanted;
    wanted.bucket = bucket->name;
    wanted.key = key;
    if (conditional) {
      wanted.range = header("range");
      wanted.if_match = header("if-match");
      wanted.if_none_match = header("if-none-match");
    }
    return get_object(context, wanted);
  };
  const std::string suffix = *site.index_document->suffix;
  try {
    const bool folder = visit.key.empty() || visit.key.ends_with("/");
    const auto found = page(folder ? visit.key + suffix : visit.key, true);
    if (found.website_redirect_location) {
      context.response_body = {};
      return redirect(reply, 301, *found.website_redirect_location);
    }
    const std::uint64_t length =
        context.response_body.empty() ? (found.body ? found.body->bytes.size() : 0) : context.response_body.length;
    if (visit.head) context.response_body = {};
    return show(found, visit.head, length, reply);
  } catch (const aws::Error& error) {
    if (error.status == 304) {
      reply.status = 304;
      return;
    }
    const auto index = versions_.latest(bucket->serial, visit.key + "/" + suffix);
    if (!visit.key.empty() && !visit.key.ends_with("/") && index && !index->marker)
      return redirect(reply, 302, "/" + text::uri_encode(visit.key, true) + "/");
    if (const auto* rule = rule_for(site, visit.key, error.status)) return follow(*rule);
    fail(error);
    if (!site.error_document || error.status < 400 || error.status >= 500) return;
    try {
      const auto found = page(*site.error_document->key, false);
      const std::uint64_t length =
          context.response_body.empty() ? (found.body ? found.body->bytes.size() : 0) : context.response_body.length;
      if (visit.head) context.response_body = {};
      reply.body.clear();
      show(found, visit.head, length, reply);
    } catch (const aws::Error&) {  // the page that stands is the answer
    }
  }
}

}  // namespace stratus::services::s3
