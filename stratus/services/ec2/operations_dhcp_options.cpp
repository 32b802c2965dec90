// DHCP options: what tasks are told about names. The default set belongs to every account; more can be made.
#include <algorithm>
#include <charconv>
#include <set>

#include "stratus/services/ec2/filters.h"
#include "stratus/services/ec2/service.h"

namespace stratus::services::ec2 {
namespace {

const std::string& default_id() {
  static const std::string id = "dopt-0" + std::string(16, '0');
  return id;
}

std::string default_domain(const std::string& region) {
  return region == "us-east-1" ? "ec2.internal" : region + ".compute.internal";
}

bool blank_or_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= ' ' || byte == 0x7f;
}

bool valid_lease(const std::string& text) {
  std::int32_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  return error == std::errc() && end == text.data() + text.size() && seconds >= 140;
}

e::DhcpOptions describe(const DhcpOptions& row, const std::string& owner, std::vector<e::Tag> tags) {
  e::DhcpOptions out{.owner_id = owner,
                     .tags = std::move(tags),
                     .dhcp_options_id = row.id,
                     .dhcp_configurations = std::vector<e::DhcpConfiguration>{}};
  for (const auto& option : row.options) {
    e::DhcpConfiguration item{.key = option.key, .values = std::vector<e::AttributeValue>{}};
    for (const auto& value : option.values) item.values->push_back({.value = value});
    out.dhcp_configurations->push_back(std::move(item));
  }
  return out;
}

}  // namespace

DhcpView Service::dhcp(const std::string& account, const std::string& region, const std::string& vpc_id) const {
  const Vpc& owner = vpc(account, region, vpc_id);
  if (owner.dhcp_options_id.empty()) return {{}, default_domain(region)};
  DhcpView out;
  const DhcpOptions* row = dhcp_options_.find(account, region, owner.dhcp_options_id);
  if (row == nullptr) return out;
  network::Vpc model;
  model.cidrs = {owner.cidr};
  const std::string own = network::resolver_addresses(model).front();
  for (const auto& option : row->options) {
    if (option.key == "domain-name") out.domain = text::join(option.values, " ");
    if (option.key == "domain-name-servers")
      for (const auto& server : option.values) out.name_servers.push_back(server == "AmazonProvidedDNS" ? own : server);
  }
  return out;
}

e::CreateDhcpOptionsResult Service::create_dhcp_options(aws::Context& context,
                                                        const e::CreateDhcpOptionsRequest& request) {
  static const std::set<std::string> known = {"domain-name",       "domain-name-servers",
                                              "ntp-servers",       "netbios-name-servers",
                                              "netbios-node-type", "ipv6-address-preferred-lease-time"};
  static const std::set<std::string> obeyed = {"domain-name", "domain-name-servers"};
  DhcpOptions row;
  std::vector<std::string> not_done;
  for (const auto& given : *request.dhcp_configurations) {
    const std::string key = given.key.value_or("");
    if (known.count(key) == 0)
      throw aws::Error("InvalidParameterValue", 400,
                       "Value (" + key + ") for parameter name is invalid. Unknown DHCP option");
    DhcpOption option{key, given.values.value_or(std::vector<std::string>{})};
    if (option.values.empty())
      throw aws::Error("InvalidParameterValue", 400, "Value () for parameter value is invalid. Empty value");
    const std::string& first = option.values.front();
    if (key == "netbios-node-type" && first != "1" && first != "2" && first != "4" && first != "8")
      throw aws::Error("InvalidParameterValue", 400,
                       "Value (" + first + ") for parameter netbios-node-type is invalid. Must be 1, 2, 4 or 8.");
    if (key == "ipv6-address-preferred-lease-time" && !valid_lease(first))
      throw aws::Error("InvalidParameterValue", 400,
                       "Value (" + first + ") for parameter " + key + " is invalid. Must be from 140 to 2147483647.");
    // It becomes a line of a task's resolv.conf.
    if (key == "domain-name")
      for (const auto& domain : option.values)
        if (domain.empty() || std::any_of(domain.begin(), domain.end(), blank_or_control))
          throw aws::Error("InvalidParameterValue", 400,
                           "Value (" + domain + ") for parameter domain-name is invalid. Invalid domain name");
    constexpr std::size_t most = 4;
    if (key.ends_with("-servers")) {
      if (option.values.size() > most)
        throw aws::Error("InvalidParameterValue", 400,
                         "Value for parameter " + key + " is invalid. At most 4 servers are allowed.");
      for (const auto& server : option.values)
        if (!parse_address(server) && (key != "domain-name-servers" || server != "AmazonProvidedDNS"))
          throw aws::Error("InvalidParameterValue", 400,
                           "Value (" + server + ") for parameter " + key + " is invalid. Invalid IPv4 address");
    }
    if (obeyed.count(key) == 0) not_done.push_back(key);
    row.options.push_back(std::move(option));
  }
  if (!not_done.empty()) throw aws::not_implemented("CreateDhcpOptions: " + text::join(not_done, ", "));
  row.id = random_.ec2_id("dopt");
  tag(context, row.id, request.tag_specifications, "dhcp-options");
  const state::Key key{context.account, context.region, row.id};
  const DhcpOptions& made = dhcp_options_.put(key, std::move(row));
  return {.dhcp_options = ec2::describe(made, context.account, tags_of(context.account, context.region, made.id))};
}

e::DescribeDhcpOptionsResult Service::describe_dhcp_options(aws::Context& context,
                                                            const e::DescribeDhcpOptionsRequest& request) {
  const DhcpOptions fixed{
      default_id(),
      {{"domain-name", {default_domain(context.region)}}, {"domain-name-servers", {"AmazonProvidedDNS"}}}};
  auto rows = dhcp_options_.list(context.account, context.region);
  rows.insert(rows.begin(), &fixed);
  auto found = select<e::DhcpOptions>(
      rows, request.dhcp_options_ids, "InvalidDhcpOptionID.NotFound", "dhcpOption ID", request.filters,
      [&](const DhcpOptions& o) {
        return ec2::describe(o, context.account, tags_of(context.account, context.region, o.id));
      },
      [](const DhcpOptions& o) { return o.id; },
      [](const std::string& name, bool& known, const DhcpOptions& row,
         const e::DhcpOptions& item) -> std::vector<std::string> {
        std::vector<std::string> out;
        if (tag_values(name, *item.tags, out)) return out;
        if (name == "dhcp-options-id") return {row.id};
        if (name == "owner-id") return {*item.owner_id};
        known = name == "key" || name == "value";
        for (const auto& option : row.options) {
          if (name == "key") out.push_back(option.key);
          if (name == "value") out.insert(out.end(), option.values.begin(), option.values.end());
        }
        return out;
      });
  auto next = page(found, request.next_token, request.max_results);
  return {.next_token = std::move(next), .dhcp_options = std::move(found)};
}

e::AssociateDhcpOptionsResponse Service::associate_dhcp_options(aws::Context& context,
                                                                const e::AssociateDhcpOptionsRequest& request) {
  vpc(context.account, context.region, *request.vpc_id);
  const std::string& id = *request.dhcp_options_id;
  if (id != "default" && id != default_id() && dhcp_options_.find(context.account, context.region, id) == nullptr)
    throw aws::Error("InvalidDhcpOptionID.NotFound", 400, "The dhcpOption ID '" + id + "' does not exist");
  vpcs_.update({context.account, context.region, *request.vpc_id},
               [&](Vpc& row) { row.dhcp_options_id = id == default_id() ? "" : id; });
  return {};
}

e::DeleteDhcpOptionsResponse Service::delete_dhcp_options(aws::Context& context,
                                                          const e::DeleteDhcpOptionsRequest& request) {
  const std::string& id = *request.dhcp_options_id;
  const aws::Error in_use("DependencyViolation", 400,
                          "The dhcpOptions '" + id + "' has dependencies and cannot be deleted.");
  if (id == default_id()) throw in_use;
  if (dhcp_options_.find(context.account, context.region, id) == nullptr)
    throw aws::Error("InvalidDhcpOptionID.NotFound", 400, "The dhcpOption ID '" + id + "' does not exist");
  for (const Vpc* row : vpcs_.list(context.account, context.region))
    if (row->dhcp_options_id == id) throw in_use;
  untag(context.account, context.region, id);
  dhcp_options_.erase({context.account, context.region, id});
  return {};
}

}  // namespace stratus::services::ec2
