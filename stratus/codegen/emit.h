// Writes the C++ of one service: structs, shape tables, the operation interface.
#pragma once

#include <string>

#include "stratus/codegen/model.h"

namespace stratus::codegen {

std::string emit_header(const std::string& service, const Model& model);
std::string emit_source(const std::string& service, const Model& model);
/// "VpcId" → "vpc_id", "DBInstanceARN" → "db_instance_arn", "default" → "default_".
std::string snake_case(const std::string& name);

}  // namespace stratus::codegen
