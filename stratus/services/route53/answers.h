// What the published zones answer: pure, over a copy of the records that is replaced when changes are durable.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "stratus/core/ids.h"
#include "stratus/dataplane/dns/dns.h"
#include "stratus/services/route53/ports.h"

namespace stratus::services::route53 {

struct PublishedZone {
  std::string id;
  std::string name;
  bool is_private = false;
  std::set<std::string> vpcs;
  Timestamp created;
  std::vector<std::string> name_servers;
  /// By reversed name; several sets of one type where a routing policy chooses.
  std::map<std::string, std::vector<aws::route53::ResourceRecordSet>> nodes;
};

/// Who asks: something in a VPC, or the machine itself (no VPC; it stands in us-east-1).
struct Asker {
  std::string vpc_id;
  std::string region = "us-east-1";
};

class Answers {
 public:
  using Healthy = std::function<bool(const std::string& health_check_id)>;
  Answers(Random& random, AliasEndpoints& endpoints, Healthy healthy)
      : random_(random), endpoints_(endpoints), healthy_(std::move(healthy)) {}

  void publish(PublishedZone zone) { zones_[zone.id] = std::move(zone); }
  void withdraw(const std::string& zone_id) { zones_.erase(zone_id); }
  const std::map<std::string, PublishedZone>& zones() const { return zones_; }

  /// `qname` as the DNS room writes it. Not ours where no zone of the asker's holds the name. Private zones come first;
  /// what they do not hold is not looked for in public ones. Of public zones with one name there is no registrar here
  /// to say which is the true one: the oldest that knows the name answers.
  dns::Answer answer(const Asker& asker, std::string_view qname, dns::Type qtype);
  /// What one zone says, whoever is its asker (TestDNSAnswer).
  dns::Answer answer_in(const std::string& zone_id, const Asker& asker, std::string_view qname, dns::Type qtype);

 private:
  using Sets = std::vector<aws::route53::ResourceRecordSet>;
  dns::Answer in_zone(const PublishedZone& zone, const Asker& asker, const std::string& name, std::string_view qname,
                      dns::Type qtype, int depth);
  void answer_node(const PublishedZone& zone, const Asker& asker, const Sets& node, std::string_view qname,
                   dns::Type qtype, int depth, dns::Answer& out);
  /// The sets of one type that the routing policy chooses.
  std::vector<const aws::route53::ResourceRecordSet*> choose(
      const PublishedZone& zone, const Asker& asker, const std::vector<const aws::route53::ResourceRecordSet*>& sets,
      int depth);
  bool healthy(const PublishedZone& zone, const Asker& asker, const aws::route53::ResourceRecordSet& set, int depth);
  void add_alias(const PublishedZone& zone, const Asker& asker, const aws::route53::ResourceRecordSet& set,
                 std::string_view qname, dns::Type qtype, int depth, dns::Answer& out);

  Random& random_;
  AliasEndpoints& endpoints_;
  Healthy healthy_;
  std::map<std::string, PublishedZone> zones_;
};

}  // namespace stratus::services::route53
