#include "stratus/wire/codec.h"

#include "stratus/core/check.h"
#include "stratus/wire/protocol_cbor.h"
#include "stratus/wire/protocol_json.h"
#include "stratus/wire/protocol_query.h"
#include "stratus/wire/protocol_rest_json.h"
#include "stratus/wire/protocol_rest_xml.h"

namespace stratus::wire {

ErrorNames error_names(const aws::ServiceModel* service, std::string_view name) {
  if (service != nullptr) {
    for (const auto& shape : service->errors)
      if (name == shape.name) return {shape.name, shape.code};
    for (const auto& shape : service->errors)
      if (name == shape.code) return {shape.name, shape.code};
  }
  return {name, name};
}

std::string query_error(const aws::ServiceModel* service, const aws::Error& error) {
  return std::string(error_names(service, error.code).code) + (error.status < 500 ? ";Sender" : ";Receiver");
}

const Codec& codec_for(aws::Protocol protocol) {
  static const JsonCodec json;
  static const QueryCodec query(false), ec2(true);
  static const RestXmlCodec rest_xml;
  static const RestJsonCodec rest_json;
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
    case aws::Protocol::rest_json:
      return rest_json;
    case aws::Protocol::cbor:
      return cbor;
  }
  fatal("unknown protocol");
}

}  // namespace stratus::wire
