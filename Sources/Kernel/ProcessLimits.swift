import CKernel
import Glibc

/// Limits of this process.
public enum ProcessLimits {
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

  /// Gives memory that was freed back to the system.
  public static func returnFreedMemory() { ck_return_freed_memory() }

  /// Processors that are on line.
  public static var processors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
