#include "cef/v8/world.hpp"

#include <optional>

#include "cef/v8/exception.hpp"
#include "cef/v8/record.hpp"
#include "script/embedded.hpp"
#include "script/exception.hpp"

namespace mullion::cef::v8 {
namespace {

// The one function that a prelude calls. Script may hold it longer than the world lives.
class Raw final : public CefV8Handler {
 public:
  explicit Raw(std::shared_ptr<World> world) : world_(std::move(world)) {}
  bool Execute(const CefString&, CefRefPtr<CefV8Value>, const CefV8ValueList& values, CefRefPtr<CefV8Value>& answer,
               CefString&) override {
    const std::shared_ptr<World> held = world_;
    held->called(values, answer);
    return true;
  }

 private:
  std::shared_ptr<World> world_;
  IMPLEMENT_REFCOUNTING(Raw);
};

struct Name {
  CefRefPtr<CefV8Value> Prelude::* function;
  const char* key;
};
constexpr Name names[] = {{&Prelude::boot, "boot"},
                          {&Prelude::begin, "begin"},
                          {&Prelude::end, "end"},
                          {&Prelude::answer, "answer"},
                          {&Prelude::answer_ended, "answerEnded"},
                          {&Prelude::answer_ended_thrown, "answerEndedThrown"},
                          {&Prelude::hand, "hand"},
                          {&Prelude::hand_ended, "handEnded"},
                          {&Prelude::retell, "retell"},
                          {&Prelude::grow, "grow"},
                          {&Prelude::call, "call"},
                          {&Prelude::make_native, "makeNative"},
                          {&Prelude::collect, "collect"}};

Error broken(std::string message) { return {.code = "prelude", .message = std::move(message)}; }

}  // namespace

Result<std::shared_ptr<World>> World::create(CefRefPtr<CefV8Context> context, std::string tell_name) {
  auto world = std::make_shared<World>();
  world->context_ = std::move(context);
  world->tell_name_ = std::move(tell_name);
  if (!world->context_ || !world->context_->IsValid()) return std::unexpected(script::released());
  Entered entered(world->context_);
  auto booted = world->boot();
  if (booted) return world;
  world->release();
  return std::unexpected(std::move(booted).error());
}

Result<CefRefPtr<CefV8Value>> World::evaluate_prelude() {
  CefRefPtr<CefV8Value> value;
  CefRefPtr<CefV8Exception> thrown;
  const bool ran = context_->Eval(to_cef(script::embedded::v8_prelude), "mullion:prelude", 1, value, thrown);
  if (ran && value && value->IsObject()) return value;
  return std::unexpected(broken(thrown ? to_utf8(thrown->GetMessage()) : "the prelude did not run"));
}

Result<> World::boot() {
  auto value = evaluate_prelude();
  if (!value) return std::unexpected(std::move(value).error());
  for (const Name& name : names) {
    prelude_.*name.function = (*value)->GetValue(name.key);
    if (!(prelude_.*name.function)) return std::unexpected(broken(std::string("the prelude has no ") + name.key));
  }
  auto control = stage_.make_control();
  ask(prelude_.boot, {CefV8Value::CreateFunction("mullion", new Raw(shared_from_this())),
                      control ? control : CefV8Value::CreateUndefined()});
  if (!stage_.ready()) return std::unexpected(broken("this V8 shows no memory of an ArrayBuffer"));
  return {};
}

void World::release() {
  for (Kept* function : kept_) function->release();
  kept_.clear();
  prelude_ = {};
  context_ = nullptr;
  stage_.drop();
  natives_.clear();
}

CefRefPtr<CefV8Value> World::ask(const CefRefPtr<CefV8Value>& function, const CefV8ValueList& values) {
  return function->ExecuteFunctionWithContext(context_, nullptr, values);
}

int World::state() { return static_cast<int>(Stage::count(stage_.control(2))); }

Error World::thrown_by(const CefRefPtr<CefV8Value>& function) {
  if (!context_) return script::released();
  auto thrown = function->HasException() ? function->GetException() : nullptr;
  function->ClearException();
  if (!thrown) return context_->IsValid() ? broken("the script was stopped") : script::released();
  exception_ = from_sentence(*thrown, {});
  return script::to_error(exception_);
}

Result<Scalar> World::invoke(const CefRefPtr<CefV8Value>& function, CefV8ValueList values, std::span<Scalar> scalars) {
  const auto held = shared_from_this();  // what is called may end the context
  const CefRefPtr<CefV8Value> called = function;
  const std::size_t start = stage_.free();
  const std::size_t end = Writer::extent(stage_, scalars, start);
  if (end > stage_.stretch().size) ask(prelude_.grow, {CefV8Value::CreateDouble(static_cast<double>(end))});
  if (end > stage_.stretch().size) return std::unexpected(broken("there is no memory for the arguments"));

  std::optional<Entered> entered;
  if (Writer::makes_buffers(stage_, scalars)) entered.emplace(context_);
  Writer writer(stage_, start, scalars.size());
  for (Scalar& scalar : scalars) writer.add(std::move(scalar));
  values.insert(values.end(), writer.carried().begin(), writer.carried().end());
  stage_.set_free(aligned(writer.end()));
  stage_.control(2) = static_cast<double>(start);
  stage_.control(3) = static_cast<double>(scalars.size());
  auto value = ask(called, values);
  for (const auto& lent : writer.lent()) lent->NeuterArrayBuffer();
  const std::size_t at = stage_.free();
  stage_.set_free(start);
  if (!value || !context_) return std::unexpected(thrown_by(called));

  const auto type = static_cast<Type>(state());
  std::size_t unused = 0;
  if (type == Type::thrown) {
    auto parts = read_record(*this, stage_, at, 5, {}, Bytes::copy, unused);
    exception_ = from_parts(parts);
    return std::unexpected(script::to_error(exception_));
  }
  return read_item(*this, stage_, type, stage_.control(3), at + 16, {value}, Bytes::copy);
}

Result<Scalar> World::invoke(const CefRefPtr<CefV8Value>& function, CefV8ValueList values) {
  return invoke(function, std::move(values), {});
}

Result<CefRefPtr<CefV8Value>> World::make_function(std::string_view name, Native native) {
  const int number = ++last_native_;
  natives_[number] = std::make_shared<Native>(std::move(native));
  auto function = ask(prelude_.make_native, {CefV8Value::CreateInt(number), CefV8Value::CreateString(to_cef(name))});
  if (function && function->IsFunction()) return function;
  natives_.erase(number);
  return std::unexpected(thrown_by(prelude_.make_native));
}

void World::called(const CefV8ValueList& values, CefRefPtr<CefV8Value>& answer) {
  if (!context_) {
    if (stage_.ready()) stage_.control(2) = static_cast<double>(Type::released);
    return;
  }
  if (!stage_.ready()) {
    if (!values.empty()) stage_.adopt_control(values[0]);
    return;
  }
  const int number = static_cast<int>(stage_.control(2));
  switch (number) {
    case grow_call:
      answer = stage_.grow(Stage::count(stage_.control(3)));
      break;
    case adopt_call:
      if (!values.empty()) stage_.adopt(values[0]);
      break;
    case drop_call:
      natives_.erase(static_cast<int>(stage_.control(3)));
      break;
    default:
      answer = run_native(number, values);
  }
}

CefRefPtr<CefV8Value> World::run_native(int number, const CefV8ValueList& values) {
  const auto found = natives_.find(number);
  const std::shared_ptr<Native> native = found == natives_.end() ? nullptr : found->second;
  const std::size_t start = stage_.free();
  const Stretch held = stage_.stretch();
  std::size_t end = 0;
  auto list = read_record(*this, stage_, start, Stage::count(stage_.control(3)), values, Bytes::view, end);
  stage_.set_free(aligned(end));
  Result<Scalar> result = native ? (*native)(list) : std::unexpected(script::released());
  stage_.set_free(start);
  CefRefPtr<CefV8Value> answer;
  answer_with(std::move(result), answer);
  return answer;
}

// The answer is a record of one item, an error of its three texts.
void World::answer_with(Result<Scalar> result, CefRefPtr<CefV8Value>& answer) {
  if (!context_) {
    stage_.control(2) = static_cast<double>(Type::released);
    return;
  }
  Scalar list[3];
  std::size_t count = 1;
  if (result) {
    list[0] = std::move(*result);
  } else {
    count = 3;
    list[0] = Scalar(to_string(result.error().kind));
    list[1] = Scalar(std::move(result.error().code));
    list[2] = Scalar(std::move(result.error().message));
  }
  const std::span<Scalar> scalars(list, count);
  const std::size_t start = stage_.free();
  const std::size_t end = Writer::extent(stage_, scalars, start);
  if (end > stage_.stretch().size) ask(prelude_.grow, {CefV8Value::CreateDouble(static_cast<double>(end))});
  Writer writer(stage_, start, count);
  for (Scalar& scalar : scalars) writer.add(std::move(scalar));
  stage_.control(2) = result ? stage_.number_at(start) : static_cast<double>(Type::thrown);
  stage_.control(3) = stage_.number_at(start + 8);
  if (!writer.carried().empty()) answer = writer.carried().front();
}

Kept::Kept(std::shared_ptr<World> world, CefRefPtr<CefV8Value> value)
    : world_(std::move(world)), value_(std::move(value)) {
  world_->kept().insert(this);
}

Kept::~Kept() { world_->kept().erase(this); }

}  // namespace mullion::cef::v8
