using System.ComponentModel.DataAnnotations;

namespace KeyService.Providers.Pkcs11;

/// <summary>One token of one PKCS#11 module. Several providers may share a module; it is initialized once.</summary>
public sealed class Pkcs11Options
{
    /// <summary>Absolute path of the PKCS#11 module, for example <c>/usr/lib/softhsm/libsofthsm2.so</c>. Required.</summary>
    [Required]
    public string Module { get; set; } = "";

    /// <summary>Label of the token, 1 to 32 bytes of UTF-8. Slot numbers move when tokens are re-inserted; labels do not. Required.</summary>
    [Required]
    public string TokenLabel { get; set; } = "";

    /// <summary>Serial number of the token, at most 16 characters; only where several tokens carry the same label. Default: any.</summary>
    [MaxLength(16)]
    public string? TokenSerial { get; set; }

    /// <summary>
    /// Path of the file that holds the user PIN in UTF-8; one line break at its end does not count. Read at each login, so a
    /// changed PIN needs no restart. Required.
    /// </summary>
    [Required]
    public string PinFile { get; set; } = "";

    /// <summary>
    /// Signing sessions, and so signatures made at a time. 1 to 256. Default: the processors of this machine (at least 2),
    /// which is right for SoftHSM; a network HSM does more at a time, see its data sheet. A wider pool than the token
    /// works in parallel only queues inside the module and makes the slowest answers slower.
    /// </summary>
    [Range(1, 256)]
    public int MaxSessions { get; set; } = Math.Clamp(Environment.ProcessorCount, 2, 256);

    /// <summary>How long a signature waits for a free session. 10 ms to 1 min, default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan SessionWait { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a call into the module may take before it is abandoned with its session. Calls cannot be cancelled: the
    /// thread stays lost until the module answers. 100 ms to 5 min, default 10 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The same limit for making, finding and destroying keys, which is slower: RSA-4096 takes many seconds on some tokens.
    /// 1 s to 30 min, default 2 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:30:00")]
    public TimeSpan KeyCallTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Text that C_Initialize gets in pReserved; a few modules (NSS) need one. At most 1024 characters. Default: none.</summary>
    [MaxLength(1024)]
    public string? InitArgs { get; set; }
}
