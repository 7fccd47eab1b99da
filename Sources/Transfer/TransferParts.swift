internal import FileIO
internal import Scheduling

/// What all transfers of an engine share.
struct TransferParts: Sendable {
    /// How servers are reached.
    let configuration: TransferConfiguration
    /// Where files are written, and read for `file://` URLs.
    let fileSystem: any FileSystem
    /// The queues of the receivers, one thread each.
    let lanes: [WorkerPool]
    /// The memory of large chunks.
    let chunks: ChunkPool
    /// Threads that may wait, for what is read from disk.
    let readers: WorkerPool
    /// What reads the URLs of other schemes than those of the network, by the name of the scheme.
    let transports: [String: any Transport]
    /// The way to the network thread.
    let commands: CommandQueue
    /// The bytes in flight.
    let budget: BufferBudget
}
