import Glibc
import WheelMetadata

/// What holds for the METADATA in wheels: an input is a wheel named `demo-1.0-py3-none-any.whl`.
enum WheelMetadataProperties {
    private static let limit = 64 << 10
    private static let filename = "demo-1.0-py3-none-any.whl"

    static func check(_ wheel: [UInt8]) throws(PropertyViolation) {
        let inMemory = read(wheel, limit: limit)
        switch inMemory {
        case .success(let metadata):
            try require(metadata.count <= limit, "\(metadata.count) bytes where \(limit) are the most")
            try require(read(wheel, limit: metadata.count) == inMemory, "the very limit changes the METADATA")
            if !metadata.isEmpty {
                let less = WheelMetadataError(filename: filename, reason: .tooLarge(limit: metadata.count - 1))
                try require(read(wheel, limit: metadata.count - 1) == .failure(less), "a lower limit does not hold")
            }
        case .failure(let error): try requirePrintable(error.description)
        }
        let onDisk = try readFromDescriptor(wheel)
        try require(onDisk == inMemory, "from a descriptor \(onDisk), from memory \(inMemory)")
    }

    private static func read(_ wheel: [UInt8], limit: Int) -> Result<[UInt8], WheelMetadataError> {
        Result { () throws(WheelMetadataError) in
            try WheelMetadata.read(wheel: wheel, filename: filename, limit: limit)
        }
    }

    private static func readFromDescriptor(
        _ wheel: [UInt8]
    ) throws(PropertyViolation) -> Result<[UInt8], WheelMetadataError> {
        guard let file = tmpfile() else { throw PropertyViolation(description: "tmpfile: errno \(errno)") }
        defer { fclose(file) }
        let descriptor = fileno(file)
        let written = wheel.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        try require(written == wheel.count, "pwrite wrote \(written) of \(wheel.count) bytes")
        return Result { () throws(WheelMetadataError) in
            try WheelMetadata.read(wheelOn: descriptor, filename: filename, limit: limit)
        }
    }
}
