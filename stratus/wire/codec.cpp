#include "stratus/wire/codec.h"

#include "stratus/core/check.h"
#include "stratus/wire/protocol_cbor.h"
#include "stratus/wire/protocol_json.h"
#include "stratus/wire/protocol_query.h"
#include "stratus/wire/protocol_rest_xml.h"

namespace stratus::wire {

const Codec& codec_for(aws::Protocol protocol) {
  static const JsonCodec json;
  static const QueryCodec query(false), ec2(true);
  static const RestXmlCodec rest_xml;
  static const CborCodec cbor;
  switch (protocol) {
    case aws::Protocol::json:
      return json;
    case aws::Protocol::query:
      return query;
    case aws::Protocol::ec2:
      return ec2;
    case aws::Protocol::rest_xml:
      return rest_xml;
    case aws::Protocol::cbor:
      return cbor;
  }
  fatal("unknown protocol");
}

}  // namespace stratus::wire
