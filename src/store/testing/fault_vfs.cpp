// SPDX-License-Identifier: Apache-2.0
#include "testing/fault_vfs.hpp"

#include <sqlite3.h>

#include <atomic>
#include <new>

namespace millrace::store::testing {

class FaultVfs::State {
public:
    State();
    ~State() { sqlite3_vfs_unregister(&vfs); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    /// Whether this call of a kind that `wanted` or `other` hits is to fail.
    bool hits(DiskFault wanted, DiskFault other) {
        if (!armed || (fault != wanted && fault != other)) return false;
        const bool hit = ++calls == at || (lasting && calls > at);
        failed = failed || hit;
        return hit;
    }

    std::string name;
    sqlite3_vfs vfs{};
    sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
    DiskFault fault = DiskFault::failing;
    std::uint64_t at = 0;
    std::uint64_t calls = 0;
    bool lasting = false;
    bool armed = false;
    bool failed = false;
};

namespace {

using State = FaultVfs::State;

/// Ours in front of the system's, in one allocation that SQLite makes.
struct File {
    sqlite3_file base;
    State* state;
};

State& state_of(sqlite3_vfs* vfs) {
    return *static_cast<State*>(vfs->pAppData);
}
State& state_of(sqlite3_file* file) {
    return *reinterpret_cast<File*>(file)->state;
}
sqlite3_file* below(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1);
}

int close(sqlite3_file* file) {
    return below(file)->pMethods->xClose(below(file));
}
int read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
    if (state_of(file).hits(DiskFault::failing, DiskFault::failing)) return SQLITE_IOERR_READ;
    return below(file)->pMethods->xRead(below(file), to, size, at);
}
int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
    State& state = state_of(file);
    if (state.hits(DiskFault::failing, DiskFault::full))
        return state.fault == DiskFault::full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    return below(file)->pMethods->xWrite(below(file), from, size, at);
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
    if (state_of(file).hits(DiskFault::failing, DiskFault::failing)) return SQLITE_IOERR_TRUNCATE;
    return below(file)->pMethods->xTruncate(below(file), size);
}
int sync(sqlite3_file* file, int) {
    // Never reaches the disk: what a process wrote outlives the process without it, the tests cut
    // no power, and they sync some ten thousand times.
    return state_of(file).hits(DiskFault::failing, DiskFault::sync) ? SQLITE_IOERR_FSYNC
                                                                    : SQLITE_OK;
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
    return below(file)->pMethods->xFileSize(below(file), size);
}
int lock(sqlite3_file* file, int level) {
    return below(file)->pMethods->xLock(below(file), level);
}
int unlock(sqlite3_file* file, int level) {
    return below(file)->pMethods->xUnlock(below(file), level);
}
int check_reserved_lock(sqlite3_file* file, int* result) {
    return below(file)->pMethods->xCheckReservedLock(below(file), result);
}
int file_control(sqlite3_file* file, int operation, void* argument) {
    return below(file)->pMethods->xFileControl(below(file), operation, argument);
}
int sector_size(sqlite3_file* file) {
    return below(file)->pMethods->xSectorSize(below(file));
}
int characteristics(sqlite3_file* file) {
    return below(file)->pMethods->xDeviceCharacteristics(below(file));
}
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** to) {
    return below(file)->pMethods->xShmMap(below(file), page, size, extend, to);
}
int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    return below(file)->pMethods->xShmLock(below(file), offset, count, flags);
}
void shm_barrier(sqlite3_file* file) {
    below(file)->pMethods->xShmBarrier(below(file));
}
int shm_unmap(sqlite3_file* file, int remove) {
    return below(file)->pMethods->xShmUnmap(below(file), remove);
}

// Version 2: without memory-mapped pages, which would go past read().
constexpr sqlite3_io_methods methods{2,
                                     close,
                                     read,
                                     write,
                                     truncate,
                                     sync,
                                     file_size,
                                     lock,
                                     unlock,
                                     check_reserved_lock,
                                     file_control,
                                     sector_size,
                                     characteristics,
                                     shm_map,
                                     shm_lock,
                                     shm_barrier,
                                     shm_unmap,
                                     nullptr,
                                     nullptr};

int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
    State& state = state_of(vfs);
    file->pMethods = nullptr;
    if (state.hits(DiskFault::failing, DiskFault::failing)) return SQLITE_CANTOPEN;
    reinterpret_cast<File*>(file)->state = &state;
    const int code = state.system->xOpen(state.system, path, below(file), flags, out_flags);
    // Also after an error the system's layer may want to be closed.
    if (below(file)->pMethods != nullptr) file->pMethods = &methods;
    return code;
}
int remove(sqlite3_vfs* vfs, const char* path, int sync_folder) {
    return state_of(vfs).system->xDelete(state_of(vfs).system, path, sync_folder);
}
int access(sqlite3_vfs* vfs, const char* path, int flags, int* result) {
    return state_of(vfs).system->xAccess(state_of(vfs).system, path, flags, result);
}
int full_path(sqlite3_vfs* vfs, const char* path, int size, char* to) {
    return state_of(vfs).system->xFullPathname(state_of(vfs).system, path, size, to);
}
int randomness(sqlite3_vfs* vfs, int size, char* to) {
    return state_of(vfs).system->xRandomness(state_of(vfs).system, size, to);
}
int sleep(sqlite3_vfs* vfs, int microseconds) {
    return state_of(vfs).system->xSleep(state_of(vfs).system, microseconds);
}
int current_time(sqlite3_vfs* vfs, double* time) {
    return state_of(vfs).system->xCurrentTime(state_of(vfs).system, time);
}
int last_error(sqlite3_vfs* vfs, int size, char* text) {
    return state_of(vfs).system->xGetLastError(state_of(vfs).system, size, text);
}

}  // namespace

FaultVfs::State::State() {
    static std::atomic<int> made = 0;
    name = "millrace_fault_" + std::to_string(++made);
    vfs.iVersion = 1;
    vfs.szOsFile = static_cast<int>(sizeof(File)) + system->szOsFile;
    vfs.mxPathname = system->mxPathname;
    vfs.zName = name.c_str();
    vfs.pAppData = this;
    vfs.xOpen = open;
    vfs.xDelete = remove;
    vfs.xAccess = access;
    vfs.xFullPathname = full_path;
    vfs.xRandomness = randomness;
    vfs.xSleep = sleep;
    vfs.xCurrentTime = current_time;
    vfs.xGetLastError = last_error;
    sqlite3_vfs_register(&vfs, 0);
}

FaultVfs::FaultVfs() : state_{std::make_unique<State>()} {}
FaultVfs::~FaultVfs() = default;

const std::string& FaultVfs::name() const {
    return state_->name;
}

void FaultVfs::fail_at(DiskFault fault, std::uint64_t call, bool lasting) {
    state_->fault = fault;
    state_->at = call;
    state_->calls = 0;
    state_->lasting = lasting;
    state_->failed = false;
    state_->armed = true;
}

void FaultVfs::heal() {
    state_->armed = false;
}

bool FaultVfs::has_failed() const {
    return state_->failed;
}

}  // namespace millrace::store::testing
