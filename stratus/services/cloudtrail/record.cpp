#include "stratus/services/cloudtrail/record.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <set>

#include "stratus/core/text.h"

namespace stratus::services::cloudtrail {
namespace json = boost::json;
namespace {

/// Operations that are no management events, beside those on S3's objects.
/// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
constexpr std::array<std::string_view, 9> kDataOperations = {"sns:Publish",
                                                             "sns:PublishBatch",
                                                             "events:PutEvents",
                                                             "logs:PutLogEvents",
                                                             "logs:GetLogEvents",
                                                             "logs:FilterLogEvents",
                                                             "cloudwatch:PutMetricData",
                                                             "cloudwatch:GetMetricData",
                                                             "cloudwatch:GetMetricStatistics"};
constexpr std::array<std::string_view, 33> kObjectOperations = {"AbortMultipartUpload",
                                                                "CompleteMultipartUpload",
                                                                "CopyObject",
                                                                "CreateMultipartUpload",
                                                                "DeleteObject",
                                                                "DeleteObjects",
                                                                "DeleteObjectTagging",
                                                                "GetObject",
                                                                "GetObjectAcl",
                                                                "GetObjectAttributes",
                                                                "GetObjectLegalHold",
                                                                "GetObjectRetention",
                                                                "GetObjectTagging",
                                                                "GetObjectTorrent",
                                                                "HeadBucket",
                                                                "HeadObject",
                                                                "ListMultipartUploads",
                                                                "ListObjects",
                                                                "ListObjectsV2",
                                                                "ListObjectVersions",
                                                                "ListParts",
                                                                "PostObject",
                                                                "PutObject",
                                                                "PutObjectAcl",
                                                                "PutObjectLegalHold",
                                                                "PutObjectRetention",
                                                                "PutObjectTagging",
                                                                "RestoreObject",
                                                                "RenameObject",
                                                                "SelectObjectContent",
                                                                "UploadPart",
                                                                "UploadPartCopy",
                                                                "WriteGetObjectResponse"};

void member(std::string& out, const char* name, std::string_view value) {
  out += ",\"";
  out += name;
  out += "\":";
  out += text::json_quote(value);
}

std::string instant(Timestamp time) { return to_rfc3339(Timestamp{time.ms - time.ms % 1000}); }

std::string identity_json(const aws::Identity& who, const std::string& role_arn) {
  if (who.kind == aws::Identity::Kind::anonymous)
    return R"({"type":"AWSAccount","principalId":"","accountId":"ANONYMOUS_PRINCIPAL"})";
  std::string out = "{\"type\":";
  switch (who.kind) {
    case aws::Identity::Kind::root:
      out += "\"Root\"";
      break;
    case aws::Identity::Kind::user:
      out += "\"IAMUser\"";
      break;
    case aws::Identity::Kind::assumed_role:
      out += "\"AssumedRole\"";
      break;
    case aws::Identity::Kind::federated:
      out += "\"FederatedUser\"";
      break;
    case aws::Identity::Kind::service:
      out += "\"AWSService\"";
      break;
    case aws::Identity::Kind::anonymous:
      break;
  }
  member(out, "principalId", who.user_id);
  member(out, "arn", who.arn);
  member(out, "accountId", who.account);
  member(out, "accessKeyId", who.access_key_id);
  if (who.kind == aws::Identity::Kind::user) member(out, "userName", user_name(who));
  if (who.kind == aws::Identity::Kind::assumed_role) {
    // arn:aws:sts::123456789012:assumed-role/name/session
    const auto parts = text::split(who.arn, '/');
    const std::string role = parts.size() > 1 ? parts[1] : "";
    out += ",\"sessionContext\":{\"sessionIssuer\":{\"type\":\"Role\"";
    member(out, "principalId", who.user_id.substr(0, who.user_id.find(':')));
    member(out, "arn", role_arn.empty() ? "arn:aws:iam::" + who.account + ":role/" + role : role_arn);
    member(out, "accountId", who.account);
    member(out, "userName", role);
    out += "},\"attributes\":{\"mfaAuthenticated\":\"false\"}}";
  }
  return out + "}";
}

/// EC2's codes say whose fault it is.
std::string error_code(const Entry& entry) {
  return entry.service == "ec2" ? "Client." + entry.error_code : entry.error_code;
}

/// What people say to each other is nobody else's: CloudTrail hides the messages of topics.
std::string parameters(const Entry& entry) {
  if (entry.request.empty() || entry.request == "{}") return "null";
  if (entry.service != "sns" || !entry.name.starts_with("Publish")) return lower_members(entry.request);
  boost::system::error_code error;
  const json::value request = json::parse(entry.request, error);
  json::object out = {{"message", "HIDDEN_DUE_TO_SECURITY_REASONS"}};
  if (!error && request.is_object())
    if (const auto* arn = request.get_object().if_contains("TopicArn")) out["topicArn"] = *arn;
  return json::serialize(out);
}

}  // namespace

bool is_data_event(std::string_view service, std::string_view operation) {
  if (service == "s3")
    return std::find(kObjectOperations.begin(), kObjectOperations.end(), operation) != kObjectOperations.end();
  if (service != "sns" && service != "events" && service != "logs" && service != "cloudwatch") return false;
  std::string whole(service);
  whole += ':';
  whole += operation;
  return std::find(kDataOperations.begin(), kDataOperations.end(), whole) != kDataOperations.end();
}

std::string user_name(const aws::Identity& who) {
  if (who.kind == aws::Identity::Kind::root) return "root";
  const auto slash = who.arn.rfind('/');
  return slash == std::string::npos ? who.arn : who.arn.substr(slash + 1);
}

std::string lower_members(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t begin = std::string::npos;  // of the string that is being read, in `out`
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    out += c;
    if (begin == std::string::npos) {
      if (c == '"') begin = out.size();
      continue;
    }
    if (c == '\\' && i + 1 < text.size()) {
      out += text[++i];
    } else if (c == '"') {
      // A string before a colon is a name.
      if (i + 1 < text.size() && text[i + 1] == ':' && out[begin] >= 'A' && out[begin] <= 'Z')
        out[begin] = static_cast<char>(out[begin] - 'A' + 'a');
      begin = std::string::npos;
    }
  }
  return out;
}

std::string record_json(const Entry& entry, const std::string& role_arn) {
  const aws::Context& context = entry.context;
  std::string out;
  out.reserve(1024 + entry.request.size() + entry.response.size());
  out += "{\"eventVersion\":\"1.11\",\"userIdentity\":";
  out += identity_json(context.identity, role_arn);
  member(out, "eventTime", instant(context.now));
  member(out, "eventSource", entry.source);
  member(out, "eventName", entry.name);
  member(out, "awsRegion", context.region);
  member(out, "sourceIPAddress", context.source_ip);
  member(out, "userAgent", context.user_agent);
  if (!entry.error_code.empty()) {
    member(out, "errorCode", error_code(entry));
    if (!entry.error_message.empty()) member(out, "errorMessage", entry.error_message);
  }
  out += ",\"requestParameters\":";
  out += parameters(entry);
  out += ",\"responseElements\":";
  out += entry.read_only || entry.response.empty() || entry.response == "{}" ? "null" : lower_members(entry.response);
  member(out, "requestID", context.request_id);
  member(out, "eventID", entry.event_id);
  if (!entry.resource_arn.empty()) {
    out += ",\"resources\":[{\"type\":" + text::json_quote(entry.resource_type) +
           ",\"ARN\":" + text::json_quote(entry.resource_arn) + "}]";
  }
  out += entry.read_only ? ",\"readOnly\":true" : ",\"readOnly\":false";
  member(out, "eventType", "AwsApiCall");
  out += entry.data ? ",\"managementEvent\":false" : ",\"managementEvent\":true";
  member(out, "recipientAccountId", context.account);
  member(out, "eventCategory", entry.data ? "Data" : "Management");
  if (!context.host.empty()) {
    out += ",\"tlsDetails\":{\"clientProvidedHostHeader\":";
    out += text::json_quote(context.host);
    out += "}";
  }
  return out + "}";
}

namespace {

struct Known {
  std::string_view name, type;
};
/// Parameters that name a resource. What a member means where a service has but one kind of resource is told by its
/// source.
constexpr Known kParameters[] = {
    {"vpcId", "AWS::EC2::VPC"},
    {"subnetId", "AWS::EC2::Subnet"},
    {"groupId", "AWS::EC2::SecurityGroup"},
    {"groupName", "AWS::EC2::SecurityGroup"},
    {"routeTableId", "AWS::EC2::RouteTable"},
    {"internetGatewayId", "AWS::EC2::InternetGateway"},
    {"natGatewayId", "AWS::EC2::NatGateway"},
    {"allocationId", "AWS::EC2::EIP"},
    {"networkInterfaceId", "AWS::EC2::NetworkInterface"},
    {"networkAclId", "AWS::EC2::NetworkAcl"},
    {"roleName", "AWS::IAM::Role"},
    {"roleArn", "AWS::IAM::Role"},
    {"userName", "AWS::IAM::User"},
    {"policyArn", "AWS::IAM::Policy"},
    {"policyName", "AWS::IAM::Policy"},
    {"accessKeyId", "AWS::IAM::AccessKey"},
    {"instanceProfileName", "AWS::IAM::InstanceProfile"},
    {"bucket", "AWS::S3::Bucket"},
    {"bucketName", "AWS::S3::Bucket"},
    {"s3BucketName", "AWS::S3::Bucket"},
    {"topicArn", "AWS::SNS::Topic"},
    {"keyId", "AWS::KMS::Key"},
    {"secretId", "AWS::SecretsManager::Secret"},
    {"logGroupName", "AWS::Logs::LogGroup"},
    {"cluster", "AWS::ECS::Cluster"},
    {"clusterName", "AWS::ECS::Cluster"},
    {"service", "AWS::ECS::Service"},
    {"serviceName", "AWS::ECS::Service"},
    {"taskDefinition", "AWS::ECS::TaskDefinition"},
    {"repositoryName", "AWS::ECR::Repository"},
    {"loadBalancerArn", "AWS::ElasticLoadBalancingV2::LoadBalancer"},
    {"targetGroupArn", "AWS::ElasticLoadBalancingV2::TargetGroup"},
    {"listenerArn", "AWS::ElasticLoadBalancingV2::Listener"},
    {"hostedZoneId", "AWS::Route53::HostedZone"},
    {"certificateArn", "AWS::CertificateManager::Certificate"},
    {"trailARN", "AWS::CloudTrail::Trail"},
    {"ruleArn", "AWS::Events::Rule"},
    {"alarmName", "AWS::CloudWatch::Alarm"},
};
/// What "name" means to a source.
constexpr Known kNames[] = {{"cloudtrail.amazonaws.com", "AWS::CloudTrail::Trail"},
                            {"events.amazonaws.com", "AWS::Events::Rule"},
                            {"sns.amazonaws.com", "AWS::SNS::Topic"},
                            {"secretsmanager.amazonaws.com", "AWS::SecretsManager::Secret"},
                            {"elasticloadbalancing.amazonaws.com", "AWS::ElasticLoadBalancingV2::LoadBalancer"}};

void collect(const json::value& value, std::string_view source, int depth, std::vector<aws::cloudtrail::Resource>& out,
             std::set<std::string>& seen) {
  if (depth > 4) return;
  if (const auto* list = value.if_array()) {
    for (const auto& item : *list) collect(item, source, depth + 1, out, seen);
    return;
  }
  const auto* object = value.if_object();
  if (object == nullptr) return;
  for (const auto& field : *object) {
    if (!field.value().is_string()) {
      collect(field.value(), source, depth + 1, out, seen);
      continue;
    }
    const std::string_view name = field.key();
    std::string_view type;
    for (const auto& known : kParameters)
      if (known.name == name) type = known.type;
    if (name == "groupName" && source == "iam.amazonaws.com") type = "AWS::IAM::Group";
    if (name == "name" && depth == 0)
      for (const auto& known : kNames)
        if (known.name == source) type = known.type;
    const std::string text(field.value().get_string());
    if (type.empty() || text.empty() || !seen.insert(std::string(type) + "\n" + text).second) continue;
    out.push_back({.resource_type = std::string(type), .resource_name = text});
  }
}

}  // namespace

std::vector<aws::cloudtrail::Resource> resources_of(const std::string& record) {
  std::vector<aws::cloudtrail::Resource> out;
  boost::system::error_code error;
  const json::value parsed = json::parse(record, error);
  if (error || !parsed.is_object()) return out;
  const std::string source(parsed.at("eventSource").as_string());
  std::set<std::string> seen;
  for (const char* part : {"requestParameters", "responseElements"})
    if (const auto* value = parsed.get_object().if_contains(part)) collect(*value, source, 0, out, seen);
  return out;
}

}  // namespace stratus::services::cloudtrail
