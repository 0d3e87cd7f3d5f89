import CKernel
import Glibc

/// How many descriptors and threads this process may have. Reading them changes nothing.
public enum ResourceLimits {
  /// The hard limit on open descriptors; nil: the system does not tell.
  public static var descriptors: Int? { limits(CInt(CK_DESCRIPTORS)).map { Int(clamping: $0.hard) } }

  public struct Threads: Hashable, Sendable {
    public var count: Int
    /// What sets it: `RLIMIT_NPROC`, `cgroup v2 pids.max of /`, `kernel.threads-max`, …
    public var source: String
  }

  /// The smallest of all limits on threads; of equal ones the narrowest in scope. Nil: none is known.
  ///
  /// - Parameter root: what stands before `/proc` and `/sys`; empty on a real machine.
  public static func threads(root: String = "") -> Threads? {
    var limits: [Threads] = []
    if !isExempt(root: root), let limit = self.limits(CInt(CK_THREADS)), limit.soft < unlimited {
      limits.append(Threads(count: Int(limit.soft), source: "RLIMIT_NPROC"))
    }
    if let limit = CgroupTree.find(.pids, root: root)?.threadLimit {
      limits.append(Threads(count: Int(clamping: limit.count), source: limit.source))
    }
    for name in ["threads-max", "pid_max"] {
      guard let count = FigureFile("\(root)/proc/sys/kernel/\(name)").number() else { continue }
      limits.append(Threads(count: Int(clamping: count), source: "kernel.\(name)"))
    }
    return limits.min { $0.count < $1.count }
  }

  public static var user: UInt32 { geteuid() }

  private static let unlimited: UInt64 = 1 << 60

  private static func limits(_ which: CInt) -> ck_limits? {
    var limits = ck_limits()
    return ck_resource_limits(which, &limits) == 0 ? limits : nil
  }

  /// Whether RLIMIT_NPROC does not count: for root, and with CAP_SYS_ADMIN or CAP_SYS_RESOURCE.
  private static func isExempt(root: String) -> Bool {
    if getuid() == 0 { return true }
    let lines = (SmallFile.text(root + "/proc/self/status") ?? "").split(separator: "\n")
    let rights = lines.first { $0.hasPrefix("CapEff:") }.flatMap { $0.split(separator: "\t").last }
      .flatMap { UInt64($0, radix: 16) }
    return (rights ?? 0) & (1 << 21 | 1 << 24) != 0
  }
}
