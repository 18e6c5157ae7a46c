// Two threads on one mapping, and a commit word that is stored without release: ThreadSanitizer must report it.
#include <sys/mman.h>

#include <thread>

namespace {

struct Record {
  unsigned commit;
  unsigned payload;
};

void write(volatile Record& record) {
  record.payload = 7;
  record.commit = 1;
}

unsigned read(const volatile Record& record) {
  while (record.commit == 0) {
  }
  return record.payload;
}

}  // namespace

int main() {
  void* memory = mmap(nullptr, sizeof(Record), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 2;
  auto* record = static_cast<volatile Record*>(memory);
  std::jthread writer([record] { write(*record); });
  return read(*record) == 7 ? 0 : 1;
}
