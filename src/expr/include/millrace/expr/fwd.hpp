// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace millrace::expr {

class Expression;
class Host;
class JsonPath;
class RootSet;
class Template;
struct Fuel;
struct Operand;
struct Reference;
struct TemplateError;

}  // namespace millrace::expr
