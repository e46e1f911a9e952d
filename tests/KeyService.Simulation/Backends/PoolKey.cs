using System.Security.Cryptography;

namespace KeyService.Simulation.Backends;

/// <summary>A key pair that many runs use one after the other. Lives as long as the process.</summary>
internal sealed record PoolKey(ECDsa Pair, byte[] SubjectPublicKeyInfo);
