"""ECR: repositories, images over the registry's own API and over ECR's, who may do what."""
import json
import unittest
import urllib.error

import harness
import tasks

ABSENT = "sha256:" + "0" * 64


class Repositories(harness.ApiTest):
    def setUp(self):
        self.ecr = self.client("ecr")

    def test_a_repository_lives_and_dies(self):
        made = self.ecr.create_repository(repositoryName="team/app", tags=[{"Key": "a", "Value": "b"}])["repository"]
        self.assertEqual(made["repositoryArn"], f"arn:aws:ecr:us-east-1:{self.account}:repository/team/app")
        self.assertEqual(made["repositoryUri"], f"{self.account}.dkr.ecr.us-east-1.amazonaws.com/team/app")
        self.assertEqual((made["registryId"], made["imageTagMutability"]), (self.account, "MUTABLE"))
        self.assertEqual(made["imageScanningConfiguration"], {"scanOnPush": False})
        self.assertEqual(made["encryptionConfiguration"], {"encryptionType": "AES256"})
        self.refused("RepositoryAlreadyExistsException", self.ecr.create_repository, repositoryName="team/app", status=400,
                     message=f"The repository with name 'team/app' already exists in the registry with id '{self.account}'")
        self.assertEqual(self.ecr.list_tags_for_resource(resourceArn=made["repositoryArn"])["tags"], [{"Key": "a", "Value": "b"}])
        self.assertEqual([r["repositoryName"] for r in self.ecr.describe_repositories()["repositories"]], ["team/app"])
        self.ecr.delete_repository(repositoryName="team/app")
        self.refused("RepositoryNotFoundException", self.ecr.describe_repositories, repositoryNames=["team/app"],
                     message=f"The repository with name 'team/app' does not exist in the registry with id '{self.account}'")

    def test_policies_are_kept(self):
        self.ecr.create_repository(repositoryName="policied")
        self.refused("RepositoryPolicyNotFoundException", self.ecr.get_repository_policy, repositoryName="policied")
        text = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}]})
        self.ecr.set_repository_policy(repositoryName="policied", policyText=text)
        self.assertEqual(json.loads(self.ecr.get_repository_policy(repositoryName="policied")["policyText"]), json.loads(text))
        self.ecr.delete_repository_policy(repositoryName="policied")
        self.refused("RepositoryPolicyNotFoundException", self.ecr.get_repository_policy, repositoryName="policied")
        self.refused("InvalidParameterException", self.ecr.set_repository_policy, repositoryName="policied", policyText="nonsense")
        self.refused("LifecyclePolicyNotFoundException", self.ecr.get_lifecycle_policy, repositoryName="policied")

    def test_registry_settings(self):
        self.assertEqual(self.ecr.get_registry_scanning_configuration()["scanningConfiguration"], {"scanType": "BASIC", "rules": []})
        rules = [{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "prod*", "filterType": "WILDCARD"}]}]
        self.ecr.put_registry_scanning_configuration(scanType="BASIC", rules=rules)
        self.ecr.create_repository(repositoryName="prod-app")
        self.ecr.create_repository(repositoryName="play")
        answer = self.ecr.batch_get_repository_scanning_configuration(repositoryNames=["prod-app", "play", "none"])
        self.assertEqual({c["repositoryName"]: c["scanFrequency"] for c in answer["scanningConfigurations"]},
                         {"prod-app": "SCAN_ON_PUSH", "play": "MANUAL"})
        self.assertEqual(answer["failures"][0]["failureCode"], "REPOSITORY_NOT_FOUND")
        self.refused("NotImplemented", self.ecr.put_registry_scanning_configuration, scanType="ENHANCED", status=501)
        self.refused("NotImplemented", self.ecr.create_pull_through_cache_rule, ecrRepositoryPrefix="hub", upstreamRegistryUrl="public.ecr.aws",
                     status=501)


class Images(harness.ApiTest):
    def setUp(self):
        self.ecr = self.client("ecr")
        self.name = self._testMethodName.replace("test_", "")[:40].replace("_", "-")
        self.ecr.create_repository(repositoryName=self.name)
        self.registry = tasks.Registry(self.ecr)

    def tags(self):
        return sorted(i.get("imageTag", "-") for i in self.ecr.list_images(repositoryName=self.name)["imageIds"])

    def test_pushed_images_are_described_read_and_deleted(self):
        manifest = self.registry.push(self.name, "v1")
        self.registry.push(self.name, "v2")
        digest = tasks.digest(manifest)
        image, = self.ecr.describe_images(repositoryName=self.name)["imageDetails"]
        self.assertEqual((image["imageDigest"], sorted(image["imageTags"])), (digest, ["v1", "v2"]))
        self.assertEqual(image["imageManifestMediaType"], "application/vnd.oci.image.manifest.v1+json")
        self.assertGreater(image["imageSizeInBytes"], 1000)
        got = self.ecr.batch_get_image(repositoryName=self.name, imageIds=[{"imageTag": "v1"}, {"imageTag": "none"}])
        self.assertEqual(got["images"][0]["imageManifest"], manifest.decode())
        self.assertEqual(got["failures"], [{"imageId": {"imageTag": "none"}, "failureCode": "ImageNotFound",
                                            "failureReason": "Requested image not found"}])
        self.refused("ImageNotFoundException", self.ecr.describe_images, repositoryName=self.name, imageIds=[{"imageTag": "none"}],
                     message="The image with imageId {imageDigest:'null', imageTag:'none'} does not exist within the repository")
        self.refused("RepositoryNotEmptyException", self.ecr.delete_repository, repositoryName=self.name)
        gone = self.ecr.batch_delete_image(repositoryName=self.name, imageIds=[{"imageTag": "v1"}, {}, {"imageDigest": ABSENT}])
        self.assertEqual(gone["imageIds"], [{"imageDigest": digest, "imageTag": "v1"}])
        self.assertEqual([f["failureCode"] for f in gone["failures"]], ["MissingDigestAndTag", "ImageNotFound"])
        self.assertEqual(self.tags(), ["v2"])
        self.ecr.batch_delete_image(repositoryName=self.name, imageIds=[{"imageDigest": digest}])
        self.assertEqual(self.tags(), [])

    def test_put_image_tags_again_and_wants_its_layers(self):
        manifest = self.registry.push(self.name, "a").decode()
        put = self.ecr.put_image(repositoryName=self.name, imageManifest=manifest, imageTag="b")["image"]
        self.assertEqual(put["imageId"], {"imageDigest": tasks.digest(manifest.encode()), "imageTag": "b"})
        self.assertEqual(self.tags(), ["a", "b"])
        self.refused("ImageAlreadyExistsException", self.ecr.put_image, repositoryName=self.name, imageManifest=manifest, imageTag="b")
        self.refused("LayersNotFoundException", self.ecr.put_image, repositoryName=self.name, imageTag="c",
                     imageManifest=manifest.replace(json.loads(manifest)["layers"][0]["digest"], ABSENT))
        # What lies in the store for one repository is not another's.
        self.ecr.create_repository(repositoryName=self.name + "-other")
        self.refused("LayersNotFoundException", self.ecr.put_image, repositoryName=self.name + "-other", imageManifest=manifest, imageTag="a")

    def test_immutable_tags_stay_and_excluded_ones_move(self):
        self.ecr.put_image_tag_mutability(repositoryName=self.name, imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
                                          imageTagMutabilityExclusionFilters=[{"filterType": "WILDCARD", "filter": "latest*"}])
        for tag in ("v1", "latest"):
            self.registry.push(self.name, tag)
        with self.assertRaises(urllib.error.HTTPError) as caught:
            self.registry.push(self.name, "v1", marker="other")
        self.assertEqual(caught.exception.code, 400)
        self.assertEqual(json.load(caught.exception)["errors"][0]["code"], "TAG_INVALID")
        moved = self.registry.push(self.name, "latest", marker="other")
        self.assertEqual(self.ecr.describe_images(repositoryName=self.name, imageIds=[{"imageTag": "latest"}])["imageDetails"][0]["imageDigest"],
                         tasks.digest(moved))
        manifest = self.ecr.batch_get_image(repositoryName=self.name, imageIds=[{"imageTag": "latest"}])["images"][0]["imageManifest"]
        self.refused("ImageTagAlreadyExistsException", self.ecr.put_image, repositoryName=self.name, imageManifest=manifest, imageTag="v1")
        self.refused("InvalidParameterException", self.ecr.put_image_tag_mutability, repositoryName=self.name,
                     imageTagMutability="IMMUTABLE_WITH_EXCLUSION")

    def test_scans_end_as_those_of_unknown_images(self):
        self.registry.push(self.name, "quiet")
        self.refused("ScanNotFoundException", self.ecr.describe_image_scan_findings, repositoryName=self.name, imageId={"imageTag": "quiet"})
        self.ecr.put_image_scanning_configuration(repositoryName=self.name, imageScanningConfiguration={"scanOnPush": True})
        self.registry.push(self.name, "pushed", marker="scan")
        status = self.ecr.describe_image_scan_findings(repositoryName=self.name, imageId={"imageTag": "pushed"})["imageScanStatus"]
        self.assertEqual(status["status"], "FAILED")
        self.assertTrue(status["description"].startswith("UnsupportedImageError"))
        self.assertEqual(self.ecr.start_image_scan(repositoryName=self.name, imageId={"imageTag": "quiet"})["imageScanStatus"]["status"], "FAILED")
        self.refused("LimitExceededException", self.ecr.start_image_scan, repositoryName=self.name, imageId={"imageTag": "quiet"},
                     message="The scan quota per image has been exceeded. Wait and try again.")

    def test_a_lifecycle_preview_tells_and_does_nothing(self):
        for number in range(3):
            self.registry.push(self.name, f"v{number}", marker=str(number))
        policy = json.dumps({"rules": [{"rulePriority": 7, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1},
                                        "action": {"type": "expire"}}]})
        self.refused("LifecyclePolicyPreviewNotFoundException", self.ecr.get_lifecycle_policy_preview, repositoryName=self.name)
        self.ecr.start_lifecycle_policy_preview(repositoryName=self.name, lifecyclePolicyText=policy)
        preview = self.ecr.get_lifecycle_policy_preview(repositoryName=self.name)
        self.assertEqual((preview["status"], preview["summary"]["expiringImageTotalCount"]), ("COMPLETE", 2))
        self.assertEqual({r["appliedRulePriority"] for r in preview["previewResults"]}, {7})
        self.assertEqual(self.tags(), ["v0", "v1", "v2"])

    def test_replication_copies_into_another_region(self):
        self.ecr.put_replication_configuration(replicationConfiguration={"rules": [
            {"destinations": [{"region": "eu-west-1", "registryId": self.account}],
             "repositoryFilters": [{"filter": self.name, "filterType": "PREFIX_MATCH"}]}]})
        manifest = self.registry.push(self.name, "r", marker="copied")
        there = self.client("ecr", region="eu-west-1")
        copy, = there.describe_images(repositoryName=self.name)["imageDetails"]
        self.assertEqual((copy["imageDigest"], copy["imageTags"]), (tasks.digest(manifest), ["r"]))
        blob = json.loads(manifest)["layers"][0]
        got = tasks.Registry(there).call("GET", f"/v2/{self.name}/blobs/{blob['digest']}").read()
        self.assertEqual((len(got), tasks.digest(got)), (blob["size"], blob["digest"]))
        status, = self.ecr.describe_image_replication_status(repositoryName=self.name, imageId={"imageTag": "r"})["replicationStatuses"]
        self.assertEqual((status["region"], status["status"]), ("eu-west-1", "COMPLETE"))


class Permissions(harness.ApiTest):
    def user(self, name, *actions):
        iam = self.client("iam")
        arn = iam.create_user(UserName=name)["User"]["Arn"]
        iam.put_user_policy(UserName=name, PolicyName="may", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return arn, self.client("ecr", key=key["AccessKeyId"], secret=key["SecretAccessKey"])

    def test_a_token_may_what_its_user_may(self):
        self.client("ecr").create_repository(repositoryName="token")
        manifest = tasks.Registry(self.client("ecr")).push("token")
        _, reader = self.user("reader", "ecr:GetAuthorizationToken", "ecr:BatchGetImage")
        registry = tasks.Registry(reader)
        self.assertEqual(registry.call("GET", "/v2/token/manifests/latest").read(), manifest)
        with self.assertRaises(urllib.error.HTTPError) as caught:
            registry.push("token", "mine")
        self.assertEqual(caught.exception.code, 403)
        self.assertIn("is not authorized to perform: ecr:InitiateLayerUpload", caught.exception.read().decode())

    def test_a_repository_policy_denies_and_allows(self):
        root = self.client("ecr")
        root.create_repository(repositoryName="guarded")
        manifest = tasks.Registry(root).push("guarded")
        denied, powerful = self.user("powerful", "ecr:*")
        allowed, weak = self.user("weak", "ecr:GetAuthorizationToken")
        self.assertEqual(len(powerful.list_images(repositoryName="guarded")["imageIds"]), 1)
        with self.assertRaises(urllib.error.HTTPError):
            tasks.Registry(weak).call("GET", "/v2/guarded/manifests/latest")
        root.set_repository_policy(repositoryName="guarded", policyText=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Principal": {"AWS": denied}, "Action": "ecr:ListImages"},
            {"Effect": "Allow", "Principal": {"AWS": allowed}, "Action": "ecr:BatchGetImage"}]}))
        self.refused("AccessDeniedException", powerful.list_images, repositoryName="guarded",
                     message="with an explicit deny in a resource-based policy")
        self.assertEqual(len(powerful.describe_images(repositoryName="guarded")["imageDetails"]), 1)
        self.assertEqual(tasks.Registry(weak).call("GET", "/v2/guarded/manifests/latest").read(), manifest)


if __name__ == "__main__":
    unittest.main()
