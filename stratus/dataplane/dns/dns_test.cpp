#include "stratus/dataplane/dns/dns.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <random>
#include <thread>

#include "stratus/core/process.h"
#include "stratus/core/text.h"
#include "stratus/dataplane/dns/message.h"

namespace stratus::dns {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A zone "example.com" in memory; everything else is unknown.
class Zone final : public Resolver {
 public:
  std::multimap<std::string, Record> records;
  void add(const std::string& owner, Type type, std::string data) {
    records.emplace(owner, Record{owner, type, 60, std::move(data)});
  }
  Answer resolve(const Scope& scope, std::string_view qname, Type qtype) override {
    Answer out;
    const std::string wanted(qname);
    if (wanted != "example.com" && !wanted.ends_with(".example.com") && !wanted.ends_with(".in-addr.arpa")) {
      out.ours = false;
      return out;
    }
    if (scope.vpc_id == "vpc-empty") return out;
    const auto [begin, end] = records.equal_range(wanted);
    for (auto at = begin; at != end; ++at) {
      out.rcode = Rcode::noerror;
      if (at->second.type == qtype || at->second.type == Type::cname || qtype == Type::any)
        out.records.push_back(at->second);
    }
    if (out.records.empty())
      out.authority.push_back(
          {"example.com", Type::soa, 900, "ns1.example.com. admin.example.com. 1 7200 900 1209600 60"});
    return out;
  }
};

Zone example() {
  Zone zone;
  zone.add("example.com", Type::mx, "10 mail.example.com.");
  zone.add("example.com", Type::ns, "ns1.example.com.");
  zone.add("example.com", Type::soa, "ns1.example.com. admin.example.com. 1 7200 900 1209600 60");
  zone.add("example.com", Type::txt, "\"v=spf1 -all\" \"a;b # c\"");
  zone.add("example.com", Type::caa, "0 issue \"amazon.com\"");
  zone.add("www.example.com", Type::cname, "app.example.com.");
  zone.add("app.example.com", Type::cname, "lb.example.com");
  zone.add("lb.example.com", Type::a, "198.18.0.2");
  zone.add("lb.example.com", Type::a, "198.18.0.3");
  zone.add("six.example.com", Type::aaaa, "fd00::1");
  zone.add("_sip._tcp.example.com", Type::srv, "10 60 5060 lb.example.com.");
  zone.add("2.0.18.198.in-addr.arpa", Type::ptr, "lb.example.com.");
  zone.add("away.example.com", Type::cname, "elsewhere.test.");
  zone.add("loop1.example.com", Type::cname, "loop2.example.com");
  zone.add("loop2.example.com", Type::cname, "loop1.example.com");
  zone.add("bad.example.com", Type::a, "not an address");
  for (int i = 0; i < 100; ++i) zone.add("many.example.com", Type::a, "10.0.0." + std::to_string(i));
  return zone;
}

/// A server with its loop on a thread of its own, on a loopback port of the kernel's choice.
class DnsServer : public testing::Test {
 protected:
  void SetUp() override {
    server = std::make_unique<Server>(loop, zone);
    serve(Scope{"vpc-1"});
    thread = std::thread([this] { loop.run(); });
  }
  void TearDown() override {
    on_loop([this] { server.reset(); });
    loop.stop();
    thread.join();
  }
  /// UDP and TCP on the same port.
  void serve(const Scope& scope) {
    for (int tries = 0; tries < 50; ++tries) {
      const auto candidate = static_cast<std::uint16_t>(20000 + (::getpid() * 7 + tries * 131 + port) % 40000);
      auto sockets = bind_sockets("127.0.0.1", candidate);
      if (!sockets) continue;
      ASSERT_TRUE(server->listen(std::move(sockets->udp), std::move(sockets->tcp), scope).ok());
      port = candidate;
      return;
    }
    FAIL() << "no free port";
  }
  void on_loop(const std::function<void()>& work) {
    std::promise<void> done;
    loop.post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
  std::string dig(std::vector<std::string> arguments) const {
    Command command;
    command.argv = {"dig", "@127.0.0.1", "-p", std::to_string(port), "+tries=1", "+time=5"};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    const auto done = run(command);
    return done ? done->output : done.error().message();
  }
  std::vector<std::string> brief(std::vector<std::string> arguments) const {
    arguments.push_back("+short");
    auto lines = text::split(std::string(text::trim(dig(std::move(arguments)))), '\n');
    return lines;
  }

  AsioLoop loop{2};
  Zone zone = example();
  std::unique_ptr<Server> server;
  std::thread thread;
  std::uint16_t port = 0;
};

TEST_F(DnsServer, AnswersEveryTypeToDig) {
  EXPECT_THAT(brief({"lb.example.com", "A"}), testing::UnorderedElementsAre("198.18.0.2", "198.18.0.3"));
  EXPECT_THAT(brief({"six.example.com", "AAAA"}), ElementsAre("fd00::1"));
  EXPECT_THAT(brief({"example.com", "MX"}), ElementsAre("10 mail.example.com."));
  EXPECT_THAT(brief({"example.com", "NS"}), ElementsAre("ns1.example.com."));
  EXPECT_THAT(brief({"example.com", "SOA"}), ElementsAre("ns1.example.com. admin.example.com. 1 7200 900 1209600 60"));
  EXPECT_THAT(brief({"example.com", "TXT"}), ElementsAre("\"v=spf1 -all\" \"a;b # c\""));
  EXPECT_THAT(brief({"example.com", "CAA"}), ElementsAre("0 issue \"amazon.com\""));
  EXPECT_THAT(brief({"_sip._tcp.example.com", "SRV"}), ElementsAre("10 60 5060 lb.example.com."));
  EXPECT_THAT(brief({"-x", "198.18.0.2"}), ElementsAre("lb.example.com."));
}

TEST_F(DnsServer, FollowsChainsAndIgnoresCaseButKeepsTheClientsSpelling) {
  const auto answer = dig({"WwW.Example.COM", "A"});
  EXPECT_THAT(answer, HasSubstr("status: NOERROR"));
  EXPECT_THAT(answer, HasSubstr(";WwW.Example.COM."));
  EXPECT_THAT(brief({"www.example.com", "A"}),
              testing::UnorderedElementsAre("app.example.com.", "lb.example.com.", "198.18.0.2", "198.18.0.3"));
  EXPECT_THAT(brief({"www.example.com", "CNAME"}), ElementsAre("app.example.com."));
  EXPECT_THAT(dig({"loop1.example.com", "A"}), HasSubstr("status: SERVFAIL"));
}

TEST_F(DnsServer, TellsWhatIsNotThere) {
  const auto absent = dig({"nothing.example.com", "A"});
  EXPECT_THAT(absent, HasSubstr("status: NXDOMAIN"));
  EXPECT_THAT(absent, HasSubstr("SOA"));
  const auto empty = dig({"lb.example.com", "AAAA"});
  EXPECT_THAT(empty, HasSubstr("status: NOERROR"));
  EXPECT_THAT(empty, HasSubstr("ANSWER: 0"));
  EXPECT_THAT(dig({"bad.example.com", "A"}), HasSubstr("status: SERVFAIL"));
  EXPECT_THAT(dig({"elsewhere.test", "A"}), HasSubstr("status: NXDOMAIN"));  // inside a VPC there is no other to ask
  on_loop([this] { serve(Scope{"host"}); });
  EXPECT_THAT(dig({"elsewhere.test", "A"}), HasSubstr("status: REFUSED"));
  EXPECT_THAT(dig({"lb.example.com", "A"}), HasSubstr("status: NOERROR"));
  on_loop([this] { serve(Scope{"vpc-empty"}); });
  EXPECT_THAT(dig({"lb.example.com", "A"}), HasSubstr("status: NXDOMAIN"));
}

TEST_F(DnsServer, TruncatesOverUdpAndSendsAllOverTcp) {
  EXPECT_THAT(dig({"many.example.com", "A", "+ignore", "+noedns"}), HasSubstr(" tc "));
  EXPECT_EQ(brief({"many.example.com", "A", "+noedns"}).size(), 100U);  // dig asks again over TCP
  EXPECT_EQ(brief({"many.example.com", "A", "+tcp"}).size(), 100U);
  EXPECT_THAT(dig({"many.example.com", "A", "+ignore", "+bufsize=4096"}), HasSubstr("ANSWER: 100"));
  EXPECT_THAT(dig({"lb.example.com", "A", "+edns=1", "+noednsneg"}), HasSubstr("status: BADVERS"));
}

TEST_F(DnsServer, ForwardsWhatIsNotOursWhenItMay) {
  on_loop([this] {
    server->set_forwarder([this](const Scope&, const std::string& qname, Type, std::function<void(Answer)> reply) {
      loop.after(Duration(20), [qname, reply] {
        Answer answer;
        answer.rcode = Rcode::noerror;
        answer.records = {{qname, Type::a, 5, "192.0.2.77"}};
        reply(answer);
      });
    });
  });
  EXPECT_THAT(brief({"elsewhere.test", "A"}), ElementsAre("192.0.2.77"));
  EXPECT_THAT(brief({"elsewhere.test", "A", "+tcp"}), ElementsAre("192.0.2.77"));
  EXPECT_THAT(brief({"away.example.com", "A"}), ElementsAre("elsewhere.test.", "192.0.2.77"));
}

TEST_F(DnsServer, ForwardsToAnotherServerOverUdpAndTcp) {
  const auto upstream = port;
  std::unique_ptr<Server> front;
  class Stranger final : public Resolver {
   public:
    Answer resolve(const Scope&, std::string_view, Type) override {
      Answer out;
      out.ours = false;
      return out;
    }
  } stranger;
  on_loop([&] {
    front = std::make_unique<Server>(loop, stranger);
    front->set_forwarder(forward_to(loop, "127.0.0.1", upstream));
    for (int tries = 0; tries < 50; ++tries) {
      const auto candidate = static_cast<std::uint16_t>(30000 + (::getpid() * 13 + tries * 17) % 30000);
      auto sockets = bind_sockets("127.0.0.1", candidate);
      if (!sockets) continue;
      ASSERT_TRUE(front->listen(std::move(sockets->udp), std::move(sockets->tcp), Scope{"vpc-2"}).ok());
      port = candidate;
      break;
    }
  });
  EXPECT_THAT(brief({"lb.example.com", "A"}), testing::UnorderedElementsAre("198.18.0.2", "198.18.0.3"));
  EXPECT_THAT(brief({"example.com", "TXT"}), ElementsAre("\"v=spf1 -all\" \"a;b # c\""));
  EXPECT_EQ(brief({"many.example.com", "A", "+tcp"}).size(), 100U);
  EXPECT_THAT(dig({"nothing.example.com", "A"}), HasSubstr("status: NXDOMAIN"));
  on_loop([&] { front.reset(); });
}

TEST_F(DnsServer, StopsOneScopeAndLeavesTheOthers) {
  const auto first = port;
  on_loop([this] { serve(Scope{"vpc-2"}); });
  on_loop([this] { server->stop(Scope{"vpc-2"}); });
  EXPECT_THAT(dig({"lb.example.com", "A", "+time=1"}), HasSubstr("no servers could be reached"));
  port = first;
  EXPECT_THAT(dig({"lb.example.com", "A"}), HasSubstr("status: NOERROR"));
}

/// Whatever comes, every answer is an answer to it and parses; nothing crashes.
TEST(DnsMessage, SurvivesMutatedPackets) {
  auto zone = example();
  std::vector<std::vector<std::uint8_t>> seeds;
  for (const auto* owner :
       {"www.example.com", "many.example.com", "example.com", "a-very-long-label-that-goes-on.and.on.example.com"})
    for (const auto type : {Type::a, Type::txt, Type::any}) seeds.push_back(encode_query(4711, owner, type));
  std::mt19937 random(20260101);
  const auto below = [&](std::size_t bound) { return random() % bound; };
  int answered = 0, refused = 0;
  for (int round = 0; round < 60'000; ++round) {
    auto packet = seeds[below(seeds.size())];
    for (std::size_t changes = below(6); changes > 0; --changes) {
      switch (below(4)) {
        case 0:
          packet[below(packet.size())] = static_cast<std::uint8_t>(random());
          break;
        case 1:
          packet[below(packet.size())] ^= static_cast<std::uint8_t>(1U << below(8));
          break;
        case 2:
          packet.resize(1 + below(packet.size()));
          break;
        default:
          packet.insert(packet.begin() + static_cast<std::ptrdiff_t>(below(packet.size())), below(40),
                        static_cast<std::uint8_t>(random()));
          break;
      }
    }
    const auto query = parse_query(packet);
    if (!query) continue;
    Answer answer;
    if (query->refusal) {
      answer.rcode = *query->refusal;
      ++refused;
    } else {
      answer = resolve_chain(zone, Scope{"vpc-1"}, query->qname, static_cast<Type>(query->qtype)).answer;
      ++answered;
    }
    const auto bytes = encode_answer(*query, answer, false, 65535);
    ASSERT_GE(bytes.size(), 12U);
    ASSERT_LE(bytes.size(), std::max<std::size_t>(query->payload, 12 + query->question.size() + 11));
    if (!query->refusal) {
      ASSERT_TRUE(parse_response(bytes, query->id, query->qname)) << round;
    }
    const auto as_response = parse_response(packet, 4711, "www.example.com");  // hostile servers, too
    static_cast<void>(as_response);
  }
  EXPECT_GT(answered, 10'000);
  EXPECT_GT(refused, 5'000);
}

TEST(DnsMessage, AnswersNeitherAnswersNorScraps) {
  auto query = encode_query(1, "example.com", Type::a);
  EXPECT_TRUE(parse_query(query));
  query[2] |= 0x80U;
  EXPECT_FALSE(parse_query(query));
  EXPECT_FALSE(parse_query(std::vector<std::uint8_t>(11, 0)));
}

}  // namespace
}  // namespace stratus::dns
