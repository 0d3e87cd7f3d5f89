import CKernel
import Glibc

/// Limits of this process.
public enum ProcessLimits {
  /// Who the process is, as the kernel judges what it does.
  public static var effectiveUser: UInt32 { ck_effective_user() }

  /// Whether it may remove others' files from a sticky directory.
  public static var mayDisregardOwners: Bool { ck_may_disregard_owners() != 0 }

  /// Raises the limit on open descriptors to its hard limit; the number that may then be open.
  public static func raiseDescriptorLimit() -> Int {
    let limit = ck_raise_descriptor_limit()
    // A kernel that does not tell still grants what POSIX calls the minimum.
    return limit > 0 ? limit : 256
  }

  /// Keeps the allocator from giving each thread an arena of its own, which for hundreds of threads is memory that
  /// grows with concurrency. To be called before threads start.
  public static func limitAllocatorArenas() {
    // Two: with one, the memory monitor would wait behind the workers' allocations.
    _ = ck_limit_malloc_arenas(2)
  }

  /// Keeps the allocator from putting freed blocks aside for each thread, by starting this program again in this process
  /// with the allocator's setting for it. To be called before anything was done; returns when it is so already, or when
  /// it cannot be done, which costs memory only.
  ///
  /// Blocks are freed by other threads than those that asked for them, so that each thread's store fills up as a walk goes
  /// on: with 1000 workers to more than 20 MiB. glibc reads this setting from the environment alone, at the start.
  public static func forgoThreadCaches() {
    let (variable, setting) = ("GLIBC_TUNABLES", "glibc.malloc.tcache_count")
    let present = getenv(variable).map { String(cString: $0) } ?? ""
    // With file capabilities or set-user-ID, glibc ignores the setting, and takes it out of the environment.
    if present.contains(setting) || ck_has_raised_rights() != 0 || getenv(restarted) != nil { return }
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    // By its own name and not as /proc/self/exe, so that it is called the same in lists of processes.
    guard readlink("/proc/self/exe", &path, path.count - 1) > 0 else { return }
    setenv(variable, (present.isEmpty ? "" : present + ":") + setting + "=0", 1)
    setenv(restarted, "1", 1)
    execv(path, CommandLine.unsafeArgv)
  }

  /// Once only, whatever becomes of the setting on the way.
  private static let restarted = "EFS_PURGE_RESTARTED"

  /// Gives memory that was freed back to the system.
  public static func returnFreedMemory() { ck_return_freed_memory() }

  /// The most memory this process took so far, in bytes: resident, program and libraries included, and what the kernel held
  /// for its threads.
  public static var peakMemory: UInt64 {
    UInt64(max(0, ck_peak_resident_kib())) * 1024 + UInt64(PlainThread.peakCount * PlainThread.kernelMemory)
  }

  /// Processors that are on line.
  public static var processors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
