/// A variable of markers; raw values are the names that `packaging` writes.
package enum MarkerVariable: String, Hashable, Sendable, CaseIterable {
    case pythonVersion = "python_version"
    case pythonFullVersion = "python_full_version"
    case osName = "os_name"
    case sysPlatform = "sys_platform"
    case platformRelease = "platform_release"
    case platformSystem = "platform_system"
    case platformVersion = "platform_version"
    case platformMachine = "platform_machine"
    case platformPythonImplementation = "platform_python_implementation"
    case implementationName = "implementation_name"
    case implementationVersion = "implementation_version"
    /// The extra that is asked for; empty for none.
    case extra
    /// All extras that are asked for (PEP 751, in lock files).
    case extras
    /// All dependency groups that are asked for (PEP 751, in lock files).
    case dependencyGroups = "dependency_groups"

    /// The variable of a name as markers spell it, legacy spellings with dots and `python_implementation` included.
    init?(spelled name: String) {
        switch name {
        case "os.name": self = .osName
        case "sys.platform": self = .sysPlatform
        case "platform.version": self = .platformVersion
        case "platform.machine": self = .platformMachine
        case "platform.python_implementation", "python_implementation": self = .platformPythonImplementation
        default: self.init(rawValue: name)
        }
    }

    /// Whether values are compared as versions where they can be.
    var isVersion: Bool {
        switch self {
        case .implementationVersion, .platformRelease, .pythonFullVersion, .pythonVersion: true
        default: false
        }
    }

    /// Whether the value is a set of names.
    var isSet: Bool { self == .extras || self == .dependencyGroups }
}
