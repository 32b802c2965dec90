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

/// Those of services that are not here, which stacks attach all the same.
const std::vector<AwsManagedPolicy>& more_managed_policies() {
  static const char* const read_objects = R"("s3:Get*","s3:List*")";
  static const std::vector<AwsManagedPolicy> policies = {
      policy(
          "/", "AWSXRayDaemonWriteAccess",
          allow(
              R"("xray:PutTraceSegments","xray:PutTelemetryRecords","xray:GetSamplingRules","xray:GetSamplingTargets","xray:GetSamplingStatisticSummaries")")),
      policy(
          "/", "AWSXrayWriteOnlyAccess",
          allow(
              R"("xray:PutTraceSegments","xray:PutTelemetryRecords","xray:GetSamplingRules","xray:GetSamplingTargets","xray:GetSamplingStatisticSummaries")")),
      policy(
          "/", "AmazonEKSClusterPolicy",
          allow(
              R"("autoscaling:DescribeAutoScalingGroups","autoscaling:UpdateAutoScalingGroup","ec2:AttachVolume","ec2:AuthorizeSecurityGroupIngress","ec2:CreateRoute","ec2:CreateSecurityGroup","ec2:CreateTags","ec2:CreateVolume","ec2:DeleteRoute","ec2:DeleteSecurityGroup","ec2:DeleteVolume","ec2:Describe*","ec2:DetachVolume","ec2:ModifyInstanceAttribute","ec2:ModifyVolume","ec2:RevokeSecurityGroupIngress","elasticloadbalancing:*","kms:DescribeKey")")),
      policy(
          "/", "AmazonEKSServicePolicy",
          allow(
              R"("ec2:CreateNetworkInterface","ec2:DeleteNetworkInterface","ec2:Describe*","eks:UpdateClusterVersion","iam:ListAttachedRolePolicies")")),
      policy(
          "/", "AmazonEKSVPCResourceController",
          allow(
              R"("ec2:UpdateNetworkInterface","ec2:CreateNetworkInterface","ec2:AssignPrivateIpAddresses","ec2:UnassignPrivateIpAddresses","ec2:DeleteNetworkInterface","ec2:AttachNetworkInterface","ec2:DetachNetworkInterface","ec2:ModifyNetworkInterfaceAttribute")")),
      policy(
          "/", "AmazonEKSWorkerNodePolicy",
          allow(
              R"("ec2:DescribeInstances","ec2:DescribeInstanceTypes","ec2:DescribeRouteTables","ec2:DescribeSecurityGroups","ec2:DescribeSubnets","ec2:DescribeVolumes","ec2:DescribeVolumesModifications","ec2:DescribeVpcs","eks:DescribeCluster")")),
      policy("/", "AmazonEKSWorkerNodeMinimalPolicy", allow(R"("eks-auth:AssumeRoleForPodIdentity")")),
      policy(
          "/", "AmazonEKS_CNI_Policy",
          allow(
              R"("ec2:AssignPrivateIpAddresses","ec2:AttachNetworkInterface","ec2:CreateNetworkInterface","ec2:CreateTags","ec2:DeleteNetworkInterface","ec2:DescribeInstances","ec2:DescribeInstanceTypes","ec2:DescribeNetworkInterfaces","ec2:DescribeSubnets","ec2:DescribeTags","ec2:DetachNetworkInterface","ec2:ModifyNetworkInterfaceAttribute","ec2:UnassignPrivateIpAddresses")")),
      policy(
          "/", "AmazonEKSFargatePodExecutionRolePolicy",
          allow(
              R"("ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage")")),
      policy(
          "/", "AmazonEC2ContainerRegistryPullOnly",
          allow(
              R"("ecr:GetAuthorizationToken","ecr:BatchImportUpstreamImage","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage")")),
      policy(
          "/service-role/", "AmazonEBSCSIDriverPolicy", allow(R"("ec2:AttachVolume","ec2:CreateSnapshot","ec2:CreateTags","ec2:CreateVolume","ec2:DeleteSnapshot","ec2:DeleteVolume","ec2:Describe*","ec2:DetachVolume","ec2:ModifyVolume")")),
      policy(
          "/service-role/", "AmazonEFSCSIDriverPolicy",
          allow(
              R"("elasticfilesystem:CreateAccessPoint","elasticfilesystem:DeleteAccessPoint","elasticfilesystem:DescribeAccessPoints","elasticfilesystem:DescribeFileSystems","elasticfilesystem:DescribeMountTargets","elasticfilesystem:TagResource","ec2:DescribeAvailabilityZones")")),
      policy(
          "/service-role/", "AmazonEC2ContainerServiceforEC2Role",
          allow(
              R"("ec2:DescribeTags","ecs:CreateCluster","ecs:DeregisterContainerInstance","ecs:DiscoverPollEndpoint","ecs:Poll","ecs:RegisterContainerInstance","ecs:StartTelemetrySession","ecs:UpdateContainerInstancesState","ecs:Submit*","ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage","logs:CreateLogStream","logs:PutLogEvents")")),
      policy(
          "/service-role/", "AmazonRDSEnhancedMonitoringRole",
          allow(
              R"("logs:CreateLogGroup","logs:PutRetentionPolicy","logs:CreateLogStream","logs:PutLogEvents","logs:DescribeLogStreams","logs:GetLogEvents")")),
      policy(
          "/service-role/", "AmazonAPIGatewayPushToCloudWatchLogs",
          allow(
              R"("logs:CreateLogGroup","logs:CreateLogStream","logs:DescribeLogGroups","logs:DescribeLogStreams","logs:PutLogEvents","logs:GetLogEvents","logs:FilterLogEvents")")),
      policy("/service-role/", "AWSLambdaRole", allow("\"lambda:InvokeFunction\"")),
      policy(
          "/service-role/", "AWSLambdaSQSQueueExecutionRole",
          allow(
              R"("sqs:ReceiveMessage","sqs:DeleteMessage","sqs:GetQueueAttributes","logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents")")),
      policy(
          "/service-role/", "AWSLambdaDynamoDBExecutionRole",
          allow(
              R"("dynamodb:DescribeStream","dynamodb:GetRecords","dynamodb:GetShardIterator","dynamodb:ListStreams","logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents")")),
      policy(
          "/service-role/", "AWSLambdaKinesisExecutionRole",
          allow(
              R"("kinesis:DescribeStream","kinesis:GetRecords","kinesis:GetShardIterator","kinesis:ListShards","kinesis:ListStreams","kinesis:SubscribeToShard","logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents")")),
      policy(
          "/service-role/", "AWSBackupServiceRolePolicyForBackup",
          allow(
              R"("backup:DescribeBackupVault","backup:CopyIntoBackupVault","dynamodb:CreateBackup","ec2:CreateSnapshot","ec2:CreateTags","ec2:Describe*","elasticfilesystem:Backup","rds:CreateDBSnapshot","rds:Describe*","tag:GetResources")")),
      policy(
          "/service-role/", "AWSBackupServiceRolePolicyForRestores",
          allow(
              R"("dynamodb:RestoreTableFromBackup","ec2:CreateVolume","ec2:CreateTags","ec2:Describe*","elasticfilesystem:Restore","rds:RestoreDBInstanceFromDBSnapshot","rds:Describe*")")),
      policy(
          "/", "AWSBackupServiceRolePolicyForS3Backup",
          allow(
              R"("s3:GetBucket*","s3:GetInventoryConfiguration","s3:PutInventoryConfiguration","s3:ListBucketVersions","s3:ListBucket","s3:GetObject*","s3:PutBucketNotification","events:*")")),
      policy(
          "/", "AWSBackupServiceRolePolicyForS3Restore",
          allow(
              R"("s3:CreateBucket","s3:ListBucket*","s3:GetBucketVersioning","s3:GetObject*","s3:PutObject*","s3:DeleteObject")")),
      policy(
          "/service-role/", "AWS_ConfigRole",
          allow(std::string(R"("config:*","ec2:Describe*","iam:Get*","iam:List*","rds:Describe*",)") + read_objects)),
      policy("/service-role/", "AWSCodeDeployRole", allow(R"("autoscaling:*","ec2:DescribeInstances","ec2:DescribeInstanceStatus","ec2:TerminateInstances","elasticloadbalancing:DescribeLoadBalancers","elasticloadbalancing:DescribeTargetGroups","elasticloadbalancing:DescribeTargetHealth","elasticloadbalancing:RegisterTargets","elasticloadbalancing:DeregisterTargets","sns:Publish","cloudwatch:DescribeAlarms","tag:GetResources")")),
      policy(
          "/", "AWSCodeDeployRoleForECS",
          allow(
              R"("ecs:DescribeServices","ecs:CreateTaskSet","ecs:UpdateServicePrimaryTaskSet","ecs:DeleteTaskSet","elasticloadbalancing:DescribeTargetGroups","elasticloadbalancing:DescribeListeners","elasticloadbalancing:ModifyListener","elasticloadbalancing:DescribeRules","elasticloadbalancing:ModifyRule","lambda:InvokeFunction","cloudwatch:DescribeAlarms","sns:Publish","s3:GetObject","s3:GetObjectVersion")")),
      policy(
          "/service-role/", "AWSCodeDeployRoleForLambda",
          allow(
              R"("cloudwatch:DescribeAlarms","lambda:UpdateAlias","lambda:GetAlias","lambda:GetProvisionedConcurrencyConfig","sns:Publish")")),
      policy(
          "/service-role/", "AmazonEC2RoleforSSM",
          allow(
              R"("ssm:*","ssmmessages:*","ec2messages:*","cloudwatch:PutMetricData","ec2:DescribeInstanceStatus","logs:*","s3:GetObject","s3:PutObject")")),
      policy(
          "/service-role/", "AWSGlueServiceRole",
          allow(
              R"("glue:*","s3:GetBucketLocation","s3:ListBucket","s3:ListAllMyBuckets","s3:GetBucketAcl","ec2:Describe*","iam:ListRolePolicies","iam:GetRole","iam:GetRolePolicy","cloudwatch:PutMetricData","logs:*")")),
      policy(
          "/service-role/", "AmazonDMSVPCManagementRole",
          allow(
              R"("ec2:CreateNetworkInterface","ec2:DeleteNetworkInterface","ec2:Describe*","ec2:ModifyNetworkInterfaceAttribute")")),
      policy(
          "/service-role/", "AmazonDMSCloudWatchLogsRole",
          allow(
              R"("logs:CreateLogGroup","logs:CreateLogStream","logs:DescribeLogGroups","logs:DescribeLogStreams","logs:PutLogEvents")")),
      policy("/service-role/", "AmazonElasticMapReduceRole",
             allow(R"("ec2:*","elasticmapreduce:*","s3:*","cloudwatch:*","iam:PassRole")")),
      policy(
          "/", "AmazonSSMFullAccess",
          allow(
              R"("ssm:*","cloudwatch:PutMetricData","ds:CreateComputer","ds:DescribeDirectories","ec2:DescribeInstanceStatus","logs:*","ssmmessages:*","ec2messages:*")")),
      policy(
          "/", "AmazonSSMPatchAssociation",
          allow(
              R"("ssm:DescribeEffectivePatchesForPatchBaseline","ssm:GetPatchBaseline","tag:GetResources","tag:GetTagValues")")),
      policy("/", "AmazonSSMManagedEC2InstanceDefaultPolicy", allow(R"("ssm:*","ssmmessages:*","ec2messages:*")")),
      policy("/", "AmazonSESFullAccess", allow("\"ses:*\"")),
      policy("/", "AmazonSQSReadOnlyAccess", allow(R"("sqs:GetQueueAttributes","sqs:GetQueueUrl","sqs:List*")")),
      policy("/", "AmazonRDSFullAccess",
             allow(R"("rds:*","cloudwatch:*","ec2:Describe*","logs:Describe*","logs:Get*","sns:*")")),
      policy("/", "AmazonRDSReadOnlyAccess",
             allow(R"("rds:Describe*","rds:List*","ec2:Describe*","cloudwatch:Get*","cloudwatch:List*")")),
      policy("/", "AmazonElastiCacheFullAccess", allow("\"elasticache:*\"")),
      policy("/", "AmazonKinesisFullAccess", allow("\"kinesis:*\"")),
      policy("/", "AmazonAthenaFullAccess", allow(R"("athena:*","glue:*","s3:*")")),
      policy("/", "AmazonAPIGatewayAdministrator", allow("\"apigateway:*\"")),
      policy("/", "AmazonAPIGatewayInvokeFullAccess", allow("\"execute-api:Invoke\"")),
      policy("/", "AmazonRoute53ReadOnlyAccess", allow(R"("route53:Get*","route53:List*","route53:TestDNSAnswer")")),
      policy("/", "AmazonVPCReadOnlyAccess", allow("\"ec2:Describe*\"")),
      policy("/", "AmazonElasticFileSystemFullAccess", allow("\"elasticfilesystem:*\"")),
      policy(
          "/", "AmazonElasticFileSystemClientFullAccess",
          allow(
              R"("elasticfilesystem:ClientMount","elasticfilesystem:ClientRootAccess","elasticfilesystem:ClientWrite","elasticfilesystem:DescribeMountTargets")")),
      policy("/", "AmazonEventBridgeFullAccess", allow(R"("events:*","schemas:*","scheduler:*","pipes:*")")),
      policy(
          "/", "AmazonECSInfrastructureRolePolicyForVolumes",
          allow(
              R"("ec2:CreateVolume","ec2:CreateTags","ec2:Describe*","ec2:AttachVolume","ec2:DetachVolume","ec2:DeleteVolume")")),
      policy("/", "AWSStepFunctionsFullAccess", allow("\"states:*\"")),
      policy("/", "AWSLambdaExecute", allow(R"("logs:*","s3:GetObject","s3:PutObject")")),
      policy("/", "AWSLambda_ReadOnlyAccess", allow(R"("lambda:Get*","lambda:List*","logs:Describe*")")),
      policy("/", "AWSCloudFormationFullAccess", allow("\"cloudformation:*\"")),
      policy("/", "AWSCodeBuildAdminAccess",
             allow(R"("codebuild:*","logs:GetLogEvents","ecr:DescribeRepositories","ecr:ListImages")")),
      policy("/", "AWSCodePipeline_FullAccess", allow("\"codepipeline:*\"")),
      policy("/", "AWSBillingReadOnlyAccess", allow(R"("aws-portal:View*","budgets:View*","ce:Get*","cur:Get*")")),
      policy("/", "AWSSupportAccess", allow("\"support:*\"")),
      policy("/", "AWSWAFFullAccess", allow(R"("waf:*","waf-regional:*","wafv2:*")")),
      policy("/", "AWSSecurityHubReadOnlyAccess",
             allow(R"("securityhub:Get*","securityhub:List*","securityhub:Describe*")")),
      policy("/", "AutoScalingFullAccess",
             allow(R"("autoscaling:*","cloudwatch:PutMetricAlarm","ec2:Describe*","elasticloadbalancing:Describe*")")),
      policy("/", "CloudFrontFullAccess", allow(R"("cloudfront:*","acm:ListCertificates","s3:ListAllMyBuckets")")),
      policy(
          "/", "CloudWatchFullAccessV2",
          allow(
              R"("cloudwatch:*","logs:*","sns:CreateTopic","sns:ListSubscriptions","sns:ListSubscriptionsByTopic","sns:ListTopics","sns:Subscribe","autoscaling:Describe*","xray:*")")),
      policy(
          "/",
          "CloudWatchAgentAdminPolicy", allow(R"("cloudwatch:PutMetricData","ec2:DescribeTags","logs:PutLogEvents","logs:PutRetentionPolicy","logs:DescribeLogStreams","logs:DescribeLogGroups","logs:CreateLogStream","logs:CreateLogGroup","ssm:GetParameter","ssm:PutParameter")")),
      policy("/", "ElasticLoadBalancingReadOnly", allow(R"("elasticloadbalancing:Describe*","ec2:Describe*")")),
      policy(
          "/job-function/", "Billing",
          allow(
              R"("account:GetAccountInformation","billing:*","budgets:*","ce:*","cur:*","purchase-orders:*","tax:*")")),
      policy(
          "/job-function/", "DatabaseAdministrator",
          allow(
              R"("cloudwatch:*","dynamodb:*","ec2:Describe*","elasticache:*","kms:ListKeys","rds:*","redshift:*","s3:*","sns:*")")),
      policy("/job-function/", "NetworkAdministrator",
             allow(R"("ec2:*","elasticloadbalancing:*","route53:*","cloudwatch:*","logs:*","directconnect:*")")),
      policy(
          "/job-function/", "SupportUser",
          allow(
              R"("support:*","cloudwatch:Get*","cloudwatch:List*","cloudwatch:Describe*","ec2:Describe*","s3:List*")")),
      policy(
          "/job-function/", "SystemAdministrator",
          allow(
              R"("cloudtrail:Describe*","cloudwatch:*","ec2:*","elasticloadbalancing:*","logs:*","s3:*","sns:*","sqs:*")")),
      policy(
          "/aws-service-role/", "AutoScalingServiceRolePolicy",
          allow(
              R"("ec2:*","elasticloadbalancing:Describe*","elasticloadbalancing:RegisterTargets","elasticloadbalancing:DeregisterTargets","cloudwatch:*","sns:Publish")")),
      policy(
          "/aws-service-role/", "AWSEC2SpotServiceRolePolicy",
          allow(
              R"("ec2:DescribeInstances","ec2:StopInstances","ec2:StartInstances","ec2:RunInstances","ec2:CreateTags")")),
      policy("/aws-service-role/", "AmazonRDSServiceRolePolicy",
             allow(R"("rds:CrossRegionCommunication","ec2:*","sns:Publish","logs:*","cloudwatch:PutMetricData")")),
      policy("/aws-service-role/", "ElastiCacheServiceRolePolicy",
             allow(R"("ec2:*","cloudwatch:PutMetricData","logs:*")")),
      policy("/aws-service-role/", "AmazonEKSServiceRolePolicy",
             allow(R"("ec2:*","elasticloadbalancing:Describe*","logs:*","cloudwatch:PutMetricData")")),
      policy("/aws-service-role/", "AWSServiceRoleForAmazonEKSNodegroup",
             allow(R"("ec2:*","autoscaling:*","iam:GetInstanceProfile","iam:PassRole")")),
      policy("/aws-service-role/", "AmazonElasticsearchServiceRolePolicy",
             allow(R"("ec2:*","elasticloadbalancing:*","acm:DescribeCertificate","cloudwatch:PutMetricData")")),
      policy("/aws-service-role/", "AmazonOpenSearchServiceRolePolicy",
             allow(R"("ec2:*","elasticloadbalancing:*","acm:DescribeCertificate","cloudwatch:PutMetricData")")),
      policy("/aws-service-role/", "AmazonGuardDutyServiceRolePolicy",
             allow(R"("ec2:Describe*","organizations:List*","s3:GetBucket*","lambda:ListFunctions")")),
      policy("/aws-service-role/", "AWSConfigServiceRolePolicy",
             allow(R"("config:*","ec2:Describe*","iam:Get*","iam:List*","rds:Describe*","s3:GetBucket*","s3:List*")")),
  };
  return policies;
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
        out.insert(out.end(), more_managed_policies().begin(), more_managed_policies().end());
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
