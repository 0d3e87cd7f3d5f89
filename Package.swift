// swift-tools-version: 6.3
import PackageDescription

// Every target: Swift 6 mode, warnings as errors (packages built as dependencies are exempt by SwiftPM's own rule).
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .unsafeFlags(["-warnings-as-errors"]),
]

let package = Package(
  name: "efs-purge-batch",
  products: [.executable(name: "efs-purge-batch", targets: ["efs-purge-batch"])],
  dependencies: [
    // Commands, help, completions.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    // The logging API; our handler writes the JSON lines existing dashboards read.
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    // Errno and FileDescriptor: typed errors of the kernel door.
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
  ],
  targets: [
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .target(name: "CKernel", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
    .target(name: "Plan", swiftSettings: strict),
    .target(name: "Config", dependencies: ["Plan", "CYAML"], swiftSettings: strict),
    .target(
      name: "Kernel",
      dependencies: ["CKernel", .product(name: "SystemPackage", package: "swift-system")],
      swiftSettings: strict),
    .target(
      name: "Runner",
      dependencies: ["Plan", "Kernel", .product(name: "SystemPackage", package: "swift-system")],
      swiftSettings: strict),
    .target(
      name: "Report",
      dependencies: ["Plan", "Runner", .product(name: "SystemPackage", package: "swift-system")],
      swiftSettings: strict),
    .executableTarget(
      name: "efs-purge-batch",
      dependencies: [
        "Plan", "Config", "Kernel", "Runner", "Report",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "PlanTests", dependencies: ["Plan"], exclude: ["git-pairs.py"], swiftSettings: strict),
    .testTarget(
      name: "ConfigTests", dependencies: ["Config", "Plan"], exclude: ["Goldens", "Corpus"], swiftSettings: strict),
    .target(name: "CWitness", path: "Tests/CWitness", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
    .testTarget(
      name: "KernelTests",
      dependencies: ["Kernel", "CKernel", "CWitness", .product(name: "SystemPackage", package: "swift-system")],
      swiftSettings: strict),
    .testTarget(
      name: "RunnerTests",
      dependencies: ["Runner", "Kernel", "CKernel", "Plan", .product(name: "SystemPackage", package: "swift-system")],
      swiftSettings: strict),
    .testTarget(
      name: "ReportTests",
      dependencies: ["Report", "Runner", "Plan", .product(name: "SystemPackage", package: "swift-system")],
      exclude: ["Goldens"], swiftSettings: strict),
    .testTarget(name: "CommandTests", dependencies: ["efs-purge-batch", "Kernel"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)

// A program whose main is libFuzzer's: it can be linked only with the sanitizer (make fuzz).
if Context.environment["EFS_PURGE_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "fuzz-config", dependencies: ["Config", "Plan"], path: "Fuzz", exclude: ["corpus.sh"],
      swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]))
}
