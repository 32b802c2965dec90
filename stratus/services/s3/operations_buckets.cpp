// Buckets as such: made, listed, found, removed.
#include "stratus/core/base64.h"
#include "stratus/core/text.h"
#include "stratus/services/s3/names.h"
#include "stratus/services/s3/service.h"

namespace stratus::services::s3 {
namespace {

aws::Error incompatible_location(const std::string& location) {
  return {"IllegalLocationConstraintException", 400,
          "The " + location +
              " location constraint is incompatible for the region specific endpoint this request was sent to."};
}

bool is_region(std::string_view name) {
  // "eu-west-1", "us-gov-east-1", "ap-southeast-2": letters, then letters, then a digit.
  const auto parts = text::split(name, '-');
  return parts.size() >= 3 && parts.size() <= 4 && parts[0].size() == 2 && parts.back().size() == 1 &&
         parts.back()[0] >= '1' && parts.back()[0] <= '9';
}

/// Where the bucket is to lie. The global endpoint takes every location; a regional one only its own.
std::string region_of(const aws::Context& context, const api::CreateBucketRequest& request) {
  const auto& configuration = request.create_bucket_configuration;
  if (configuration && (configuration->location || configuration->bucket))
    throw aws::not_implemented("s3: directory buckets");
  const std::string here = context.region.empty() ? "us-east-1" : context.region;
  if (!configuration || !configuration->location_constraint || configuration->location_constraint->empty()) {
    if (here != "us-east-1") throw incompatible_location("unspecified");
    return here;
  }
  std::string wanted = *configuration->location_constraint;
  if (wanted == "EU") wanted = "eu-west-1";
  if (wanted == "us-east-1" && here == "us-east-1")
    throw refuse::with({"InvalidLocationConstraint", 400, "The specified location-constraint is not valid"},
                       {{"LocationConstraint", wanted}});
  if (!is_region(wanted))
    throw refuse::with({"InvalidLocationConstraint", 400, "The specified location-constraint is not valid"},
                       {{"LocationConstraint", wanted}});
  if (here != "us-east-1" && wanted != here) throw incompatible_location(wanted);
  return wanted;
}

}  // namespace

api::CreateBucketOutput Service::create_bucket(aws::Context& context, const api::CreateBucketRequest& request) {
  const std::string& name = *request.bucket;
  iam_.note_use(context);
  const Question question{"s3:CreateBucket", "arn:aws:s3:::" + name, {}, nullptr};
  if (const Answer answer = decide(iam_, context, nullptr, question); !answer.allowed)
    throw refuse::access_denied(answer.message);
  if (!valid_bucket_name(name))
    throw refuse::with({"InvalidBucketName", 400, "The specified bucket is not valid."}, {{"BucketName", name}});
  if (request.bucket_namespace && *request.bucket_namespace != "global")
    throw aws::not_implemented("CreateBucket: BucketNamespace " + *request.bucket_namespace);
  const std::string region = region_of(context, request);
  api::CreateBucketOutput out{.location = "/" + name};
  if (region != "us-east-1") out.location = "http://" + name + ".s3.amazonaws.com/";
  if (const Bucket* taken = find_bucket(name)) {
    if (taken->account != context.account)
      throw refuse::with({"BucketAlreadyExists", 409,
                          "The requested bucket name is not available. The bucket namespace is shared by all users of "
                          "the system. Please select a different name and try again."},
                         {{"BucketName", name}});
    // Once more in us-east-1 is no error there, for reasons of history.
    if (taken->region == "us-east-1" && region == "us-east-1" && context.region == "us-east-1") return out;
    throw refuse::with({"BucketAlreadyOwnedByYou", 409,
                        "Your previous request to create the named bucket succeeded and you already own it."},
                       {{"BucketName", name}});
  }
  Bucket fresh;
  fresh.name = name;
  fresh.account = context.account;
  fresh.region = region;
  fresh.serial = static_cast<std::int64_t>(random_.next() >> 1U);
  fresh.created = context.now;
  fresh.ownership = request.object_ownership.value_or("BucketOwnerEnforced");
  // What AWS gives to every new bucket since April 2023.
  fresh.public_access = api::PublicAccessBlockConfiguration{true, true, true, true};
  AclWish wish{request.acl,         request.grant_full_control, request.grant_read, request.grant_read_acp,
               request.grant_write, request.grant_write_acp};
  if (fresh.acls_disabled() && wish.given() && wish.canned != "private")
    throw aws::Error("InvalidBucketAclWithObjectOwnership", 400,
                     "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting");
  if (wish.canned == "private") wish = {};
  fresh.grants = wished_grants(fresh, fresh.account, wish).value_or(owner_grants(fresh.account));
  if (is_public(fresh.grants))
    throw aws::Error("InvalidBucketAclWithBlockPublicAccessError", 400,
                     "Bucket cannot have public ACLs set with BlockPublicAccess enabled");
  if (request.create_bucket_configuration && request.create_bucket_configuration->tags) {
    fresh.tags = *request.create_bucket_configuration->tags;
    check_tags(fresh.tags, 50);
  }
  if (request.object_lock_enabled_for_bucket.value_or(false)) {
    fresh.object_lock = true;
    fresh.versioning = "Enabled";
  }
  versions_.add_bucket(fresh.serial);
  const state::Key key = key_of(fresh);
  buckets_.put(key, std::move(fresh));
  return out;
}

api::DeleteBucketResponse Service::delete_bucket(aws::Context& context, const api::DeleteBucketRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:DeleteBucket");
  if (!versions_.empty(bucket.serial))
    throw refuse::with(
        {"BucketNotEmpty", 409,
         bucket.versioning.empty() ? "The bucket you tried to delete is not empty"
                                   : "The bucket you tried to delete is not empty. You must delete all versions in the "
                                     "bucket."},
        {{"BucketName", bucket.name}});
  versions_.erase_bucket(bucket.serial);
  const state::Key key = key_of(bucket);
  buckets_.erase(key);
  return {};
}

api::HeadBucketOutput Service::head_bucket(aws::Context& context, const api::HeadBucketRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:ListBucket");
  api::HeadBucketOutput out;
  out.bucket_region = bucket.region;
  out.access_point_alias = false;
  return out;
}

api::GetBucketLocationOutput Service::get_bucket_location(aws::Context& context,
                                                          const api::GetBucketLocationRequest& request) {
  const Bucket* bucket = find_bucket(*request.bucket);
  if (bucket == nullptr) throw refuse::no_such_bucket(*request.bucket);
  if (request.expected_bucket_owner && *request.expected_bucket_owner != bucket->account) throw refuse::access_denied();
  demand(context, *bucket, "s3:GetBucketLocation", bucket->arn());
  api::GetBucketLocationOutput out;
  if (bucket->region != "us-east-1") out.location_constraint = bucket->region;
  return out;
}

api::ListBucketsOutput Service::list_buckets(aws::Context& context, const api::ListBucketsRequest& request) {
  iam_.note_use(context);
  const Answer answer = decide(iam_, context, nullptr, {"s3:ListAllMyBuckets", "*", {}, nullptr});
  if (!answer.allowed) throw refuse::access_denied(answer.message);
  std::string after;
  if (request.continuation_token) {
    const auto token = base64::decode(*request.continuation_token);
    if (!token || token->empty())
      throw refuse::invalid_argument("The continuation token provided is incorrect", "continuation-token",
                                     *request.continuation_token);
    after = *token;
  }
  if (request.max_buckets && (*request.max_buckets < 1 || *request.max_buckets > 10000))
    throw refuse::invalid_argument("Argument max-buckets must be an integer between 1 and 10000", "max-buckets",
                                   std::to_string(*request.max_buckets));
  std::map<std::string, const Bucket*> mine;
  for (const auto& [key, row] : buckets_.all())
    if (row->account == context.account && row->name.starts_with(request.prefix.value_or("")) &&
        (!request.bucket_region || *request.bucket_region == row->region) && row->name > after)
      mine.emplace(row->name, row);
  api::ListBucketsOutput out;
  out.buckets.emplace();
  out.owner = api::Owner{.id = canonical_id(context.account)};
  out.prefix = request.prefix;
  const auto most = static_cast<std::size_t>(request.max_buckets.value_or(10000));
  for (const auto& [name, row] : mine) {
    if (out.buckets->size() == most) {
      out.continuation_token = base64::encode(*out.buckets->back().name);
      break;
    }
    out.buckets->push_back({.name = name, .creation_date = seconds(row->created), .bucket_region = row->region});
  }
  return out;
}

}  // namespace stratus::services::s3
