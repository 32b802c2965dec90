#include "stratus/services/iam/managed_policies.h"

#include <algorithm>

#include "stratus/core/crypto.h"

namespace stratus::services::iam {
namespace {

std::string allow(const std::string& actions, const std::string& resource = "\"*\"") {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[)" + actions + R"(],"Resource":)" +
         resource + "}]}";
}

/// Stable over restarts and versions: it follows from the name.
std::string id_of(const std::string& name) {
  std::string out = "ANPA";
  for (const char c : crypto::sha256(name).substr(0, 17))
    out += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[static_cast<unsigned char>(c) & 31U];
  return out;
}

AwsManagedPolicy policy(const std::string& path, const std::string& name, const std::string& document) {
  return {"arn:aws:iam::aws:policy" + path + name, name, path, document, id_of(name)};
}

}  // namespace

const std::vector<AwsManagedPolicy>& aws_managed_policies() {
  static const std::vector<AwsManagedPolicy> policies =
      [] {
        std::vector<AwsManagedPolicy> out = {
            policy("/", "AdministratorAccess", allow("\"*\"")),
            policy(
                "/", "PowerUserAccess",
                R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},{"Effect":"Allow","Action":["iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles"],"Resource":"*"}]})"),
            policy(
                "/", "ReadOnlyAccess",
                allow(
                    R"("acm:Describe*","acm:Get*","acm:List*","application-autoscaling:Describe*","cloudtrail:Describe*","cloudtrail:Get*","cloudtrail:List*","cloudtrail:LookupEvents","cloudwatch:Describe*","cloudwatch:Get*","cloudwatch:List*","ec2:Describe*","ec2:Get*","ecr:BatchGet*","ecr:Describe*","ecr:Get*","ecr:List*","ecs:Describe*","ecs:List*","elasticloadbalancing:Describe*","events:Describe*","events:List*","iam:Get*","iam:List*","kms:Describe*","kms:Get*","kms:List*","logs:Describe*","logs:FilterLogEvents","logs:Get*","logs:List*","route53:Get*","route53:List*","s3:Get*","s3:List*","secretsmanager:DescribeSecret","secretsmanager:GetResourcePolicy","secretsmanager:ListSecret*","sns:Get*","sns:List*","sts:GetCallerIdentity")")),
            policy(
                "/service-role/", "AmazonECSTaskExecutionRolePolicy",
                allow(
                    R"("ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage","logs:CreateLogStream","logs:PutLogEvents")")),
            policy(
                "/", "AmazonECS_FullAccess",
                allow(
                    R"("ecs:*","ec2:Describe*","elasticloadbalancing:*","application-autoscaling:*","cloudwatch:*","logs:*","iam:PassRole","iam:List*","events:*")")),
            policy(
                "/",
                "AmazonEC2ContainerRegistryReadOnly", allow(R"("ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:GetRepositoryPolicy","ecr:DescribeRepositories","ecr:ListImages","ecr:DescribeImages","ecr:BatchGetImage","ecr:GetLifecyclePolicy","ecr:GetLifecyclePolicyPreview","ecr:ListTagsForResource","ecr:DescribeImageScanFindings")")),
            policy(
                "/", "AmazonEC2ContainerRegistryPowerUser",
                allow(
                    R"("ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:GetRepositoryPolicy","ecr:DescribeRepositories","ecr:ListImages","ecr:DescribeImages","ecr:BatchGetImage","ecr:InitiateLayerUpload","ecr:UploadLayerPart","ecr:CompleteLayerUpload","ecr:PutImage")")),
            policy("/", "AmazonEC2ContainerRegistryFullAccess", allow("\"ecr:*\"")),
            policy(
                "/", "CloudWatchAgentServerPolicy",
                allow(
                    R"("cloudwatch:PutMetricData","ec2:DescribeVolumes","ec2:DescribeTags","logs:PutLogEvents","logs:PutRetentionPolicy","logs:DescribeLogStreams","logs:DescribeLogGroups","logs:CreateLogStream","logs:CreateLogGroup","xray:PutTraceSegments","xray:PutTelemetryRecords","xray:GetSamplingRules","xray:GetSamplingTargets","xray:GetSamplingStatisticSummaries")")),
            policy(
                "/", "AmazonSSMManagedInstanceCore",
                allow(
                    R"("ssm:DescribeAssociation","ssm:GetDeployablePatchSnapshotForInstance","ssm:GetDocument","ssm:DescribeDocument","ssm:GetManifest","ssm:GetParameter","ssm:GetParameters","ssm:ListAssociations","ssm:ListInstanceAssociations","ssm:PutInventory","ssm:PutComplianceItems","ssm:PutConfigurePackageResult","ssm:UpdateAssociationStatus","ssm:UpdateInstanceAssociationStatus","ssm:UpdateInstanceInformation","ssmmessages:*","ec2messages:*")")),
            policy("/service-role/", "AWSLambdaBasicExecutionRole",
                   allow(R"("logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents")")),
            policy(
                "/service-role/", "AWSLambdaVPCAccessExecutionRole",
                allow(
                    R"("logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents","ec2:CreateNetworkInterface","ec2:DescribeNetworkInterfaces","ec2:DescribeSubnets","ec2:DeleteNetworkInterface","ec2:AssignPrivateIpAddresses","ec2:UnassignPrivateIpAddresses")")),
            policy("/", "AmazonDynamoDBFullAccess", allow("\"dynamodb:*\"")),
            policy(
                "/", "AmazonDynamoDBReadOnlyAccess",
                allow(
                    R"("dynamodb:BatchGetItem","dynamodb:Describe*","dynamodb:List*","dynamodb:GetItem","dynamodb:Query","dynamodb:Scan")")),
            policy("/", "AmazonSQSFullAccess", allow("\"sqs:*\"")),
            policy("/", "AmazonSNSReadOnlyAccess", allow("\"sns:GetTopicAttributes\",\"sns:List*\"")),
            policy("/", "AWSLambda_FullAccess", allow("\"lambda:*\",\"logs:*\"")),
            policy("/", "AmazonSSMReadOnlyAccess", allow(R"("ssm:Describe*","ssm:Get*","ssm:List*")")),
            policy("/", "IAMUserChangePassword", allow("\"iam:ChangePassword\",\"iam:GetAccountPasswordPolicy\"")),
            policy("/", "AmazonVPCFullAccess", allow("\"ec2:*\"")),
            policy("/", "AmazonS3FullAccess", allow("\"s3:*\"")),
            policy("/", "AmazonS3ReadOnlyAccess", allow("\"s3:Get*\",\"s3:List*\",\"s3:Describe*\"")),
            policy("/", "AmazonSNSFullAccess", allow("\"sns:*\"")),
            policy("/", "AmazonRoute53FullAccess", allow("\"route53:*\"")),
            policy("/", "CloudWatchFullAccess", allow("\"cloudwatch:*\",\"logs:*\",\"sns:*\"")),
            policy("/", "CloudWatchReadOnlyAccess",
                   allow("\"cloudwatch:Describe*\",\"cloudwatch:Get*\",\"cloudwatch:List*\",\"logs:Get*\",\"logs:"
                         "List*\",\"logs:Describe*\",\"logs:FilterLogEvents\"")),
            policy("/", "CloudWatchLogsFullAccess", allow("\"logs:*\"")),
            policy("/", "CloudWatchLogsReadOnlyAccess",
                   allow("\"logs:Describe*\",\"logs:Get*\",\"logs:List*\",\"logs:FilterLogEvents\",\"logs:"
                         "TestMetricFilter\"")),
            policy("/", "ElasticLoadBalancingFullAccess", allow("\"elasticloadbalancing:*\",\"ec2:Describe*\"")),
            policy("/", "IAMFullAccess", allow("\"iam:*\"")),
            policy("/", "IAMReadOnlyAccess", allow("\"iam:Get*\",\"iam:List*\"")),
            policy("/", "SecretsManagerReadWrite",
                   allow("\"secretsmanager:*\",\"kms:DescribeKey\",\"kms:ListAliases\",\"kms:ListKeys\"")),
            policy("/", "SecurityAudit", allow(R"("acm:Describe*","acm:List*","cloudtrail:Describe*","cloudtrail:Get*","cloudtrail:List*","cloudwatch:Describe*","ec2:Describe*","ecr:Describe*","ecr:GetRepositoryPolicy","ecs:Describe*","ecs:List*","elasticloadbalancing:Describe*","events:Describe*","events:List*","iam:Get*","iam:List*","iam:Simulate*","kms:Describe*","kms:GetKeyPolicy","kms:GetKeyRotationStatus","kms:List*","logs:Describe*","route53:Get*","route53:List*","s3:GetBucket*","s3:ListAllMyBuckets","secretsmanager:DescribeSecret","secretsmanager:GetResourcePolicy","secretsmanager:ListSecrets","sns:GetTopicAttributes","sns:List*")")),
            policy(
                "/job-function/", "ViewOnlyAccess",
                allow(
                    R"("acm:ListCertificates","cloudtrail:DescribeTrails","cloudtrail:LookupEvents","cloudwatch:Describe*","cloudwatch:Get*","cloudwatch:List*","ec2:Describe*","ecr:DescribeRepositories","ecr:ListImages","ecs:Describe*","ecs:List*","elasticloadbalancing:Describe*","events:List*","iam:List*","kms:ListAliases","kms:ListKeys","logs:Describe*","route53:List*","s3:ListAllMyBuckets","s3:ListBucket","secretsmanager:ListSecrets","sns:List*")")),
            policy("/", "AmazonEC2FullAccess", allow(R"("ec2:*","elasticloadbalancing:*","cloudwatch:*")")),
            policy(
                "/", "AmazonEC2ReadOnlyAccess",
                allow(
                    R"("ec2:Describe*","elasticloadbalancing:Describe*","cloudwatch:ListMetrics","cloudwatch:GetMetricStatistics","cloudwatch:Describe*")")),
            policy("/", "AWSCertificateManagerFullAccess", allow("\"acm:*\"")),
            policy(
                "/", "AWSCertificateManagerReadOnly",
                allow(
                    R"("acm:DescribeCertificate","acm:ListCertificates","acm:GetCertificate","acm:ListTagsForCertificate")")),
            policy(
                "/", "AWSCloudTrail_FullAccess",
                allow(
                    R"("cloudtrail:*","s3:ListAllMyBuckets","logs:DescribeLogGroups","kms:ListKeys","kms:ListAliases")")),
            policy("/", "AWSCloudTrail_ReadOnlyAccess",
                   allow(R"("cloudtrail:Get*","cloudtrail:Describe*","cloudtrail:List*","cloudtrail:LookupEvents")")),
            policy("/", "CloudWatchEventsFullAccess", allow("\"events:*\"")),
            policy(
                "/", "AWSKeyManagementServicePowerUser",
                allow(
                    R"("kms:CreateAlias","kms:CreateKey","kms:DeleteAlias","kms:Describe*","kms:GenerateRandom","kms:Get*","kms:List*","kms:TagResource","kms:UntagResource","iam:ListGroups","iam:ListRoles","iam:ListUsers")")),
            policy(
                "/service-role/", "AmazonEC2ContainerServiceAutoscaleRole",
                allow(
                    R"("ecs:DescribeServices","ecs:UpdateService","cloudwatch:DescribeAlarms","cloudwatch:PutMetricAlarm")")),
            policy("/service-role/", "AmazonEC2ContainerServiceEventsRole", allow("\"ecs:RunTask\"")),
            policy(
                "/aws-service-role/", "AWSApplicationAutoscalingECSServicePolicy",
                allow(
                    R"("ecs:DescribeServices","ecs:UpdateService","cloudwatch:PutMetricAlarm","cloudwatch:DescribeAlarms","cloudwatch:DeleteAlarms")")),
            policy(
                "/aws-service-role/", "AWSElasticLoadBalancingServiceRolePolicy",
                allow(
                    R"("ec2:DescribeAddresses","ec2:DescribeInstances","ec2:DescribeSubnets","ec2:DescribeSecurityGroups","ec2:DescribeVpcs","ec2:DescribeInternetGateways","ec2:DescribeAccountAttributes","ec2:CreateNetworkInterface","ec2:DeleteNetworkInterface","ec2:ModifyNetworkInterfaceAttribute","ec2:DescribeNetworkInterfaces","ec2:AssociateAddress","ec2:DisassociateAddress")")),
            policy("/aws-service-role/", "ECRReplicationServiceRolePolicy",
                   allow(R"("ecr:CreateRepository","ecr:ReplicateImage")")),
            policy(
                "/aws-service-role/", "AmazonECSServiceRolePolicy",
                allow(
                    R"("ec2:AttachNetworkInterface","ec2:CreateNetworkInterface","ec2:DeleteNetworkInterface","ec2:Describe*","elasticloadbalancing:DeregisterTargets","elasticloadbalancing:Describe*","elasticloadbalancing:RegisterTargets","route53:*","logs:*","cloudwatch:*")")),
        };
        std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.arn < b.arn; });
        return out;
      }();
  return policies;
}

const AwsManagedPolicy* find_aws_managed_policy(const std::string& arn) {
  for (const auto& policy : aws_managed_policies())
    if (policy.arn == arn) return &policy;
  return nullptr;
}

}  // namespace stratus::services::iam
