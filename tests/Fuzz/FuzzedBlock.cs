using System.Buffers.Binary;
using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;

namespace CrashHandler.Tests.Fuzz;

/// <summary>Registration blocks that are right, nearly right, or nothing of the kind. A function of the random numbers.</summary>
internal static unsafe class FuzzedBlock
{
    private const int F_ADD_SEALS = 1033;
    private const uint MFD_ALLOW_SEALING = 2;

    // What a value may be, whatever its field is for.
    private static readonly string[] s_values =
    [
        "", "1", "0", "-1", "2147483648", "99999999999999999999", "main", "\n", "\u001b[2J\u202e", "\0", "/", "/dev/zero", "/proc/self/mem", "../../etc/passwd",
        "http://", "http://127.0.0.1:1/", "https://user:password@[::1]:99999/x", "file:///etc/passwd", "A: b\r\nC: d", ":", "mini", "full", new('x', 20_000), "\uFFFD\U0001F600",
    ];

    private static readonly string[] s_fields =
    [
        RegistrationFields.Database, RegistrationFields.Url, RegistrationFields.ProcessType, RegistrationFields.Prod, RegistrationFields.Ver, RegistrationFields.Version,
        RegistrationFields.ProductName, RegistrationFields.CompanyName, RegistrationFields.Headers, RegistrationFields.CompressUploads, RegistrationFields.RateLimit,
        RegistrationFields.SanitizeStacks, RegistrationFields.IncludeEnvironment, RegistrationFields.Ended, RegistrationFields.Attachment(0), RegistrationFields.Attachment(9),
        RegistrationFields.ExceptionType, RegistrationFields.ExceptionMessage, RegistrationFields.ExceptionText, "no_such_field",
    ];

    /// <summary>The bytes of a copy.</summary>
    public static byte[] Copy(Random random)
    {
        byte[] copy = Encode(Registration(random));
        switch (random.Next(6))
        {
            case 0:
                random.NextBytes(copy.AsSpan(random.Next(copy.Length)));
                break;
            case 1 or 2:
                for (int flips = random.Next(1, 8); flips > 0; flips--)
                {
                    copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8));
                }

                break;
            case 3:
                BinaryPrimitives.WriteUInt32LittleEndian(copy.AsSpan(random.Next(2) * sizeof(uint)), Length(random, copy.Length));
                break;
            case 4:
                BinaryPrimitives.WriteUInt32LittleEndian(copy.AsSpan(random.Next(copy.Length - sizeof(uint) + 1)), Length(random, copy.Length));
                break;
            default:
                break;
        }

        return copy;
    }

    /// <summary>A memfd with one, sealed as it must be or not.</summary>
    public static FileDescriptor Memfd(Random random)
    {
        FileDescriptor memfd = new(Libc.memfd_create("fuzz", MFD_ALLOW_SEALING | Libc.MFD_CLOEXEC));
        byte[] header = new byte[RegistrationBlock.HeaderSize];
        RegistrationBlock.Initialize(header);
        ulong current = random.Next(8) == 0 ? (ulong)random.NextInt64() : (ulong)random.Next(6);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(RegistrationBlock.CurrentOffset), current);
        if (random.Next(10) == 0)
        {
            header[random.Next(header.Length)] ^= (byte)(1 << random.Next(8));
        }

        long size = random.Next(12) switch { 0 => 0, 1 => RegistrationBlock.Size - 1, 2 => RegistrationBlock.Size + 4096, _ => RegistrationBlock.Size };
        if (Libc.ftruncate(memfd.Number, size) != 0)
        {
            throw SyscallException.Last("ftruncate");
        }

        if (size == RegistrationBlock.Size)
        {
            Write(memfd, header, 0);
            Write(memfd, Copy(random), (current & 1) == 0 ? RegistrationBlock.Copy0 : RegistrationBlock.Copy1);
        }

        int seals = random.Next(12) switch { 0 => 0, 1 => Libc.F_SEAL_GROW, 2 => Libc.F_SEAL_SHRINK, _ => Libc.F_SEAL_GROW | Libc.F_SEAL_SHRINK };
        _ = Libc.fcntl(memfd.Number, F_ADD_SEALS, seals);
        return memfd;
    }

    private static Registration Registration(Random random)
    {
        Dictionary<string, string> fields = [], parameters = [];
        for (int i = random.Next(12); i > 0; i--)
        {
            fields[s_fields[random.Next(s_fields.Length)]] = s_values[random.Next(s_values.Length)];
        }

        for (int i = random.Next(50) == 0 ? 400 : random.Next(8); i > 0; i--)
        {
            parameters[$"{s_values[random.Next(1, 9)]}{i}"] = s_values[random.Next(s_values.Length)];
        }

        return new Registration(fields, parameters);
    }

    private static byte[] Encode(Registration registration)
    {
        using MemoryStream records = new();
        uint count = 0;
        foreach ((ushort kind, IReadOnlyDictionary<string, string> values) in new[] { ((ushort)1, registration.Fields), ((ushort)2, registration.Parameters) })
        {
            foreach ((string name, string text) in values)
            {
                byte[] key = System.Text.Encoding.UTF8.GetBytes(name), value = System.Text.Encoding.UTF8.GetBytes(text);
                records.Write(BitConverter.GetBytes(kind));
                records.Write(BitConverter.GetBytes((ushort)key.Length));
                records.Write(BitConverter.GetBytes((uint)value.Length));
                records.Write(key);
                records.Write(value);
                records.Write(new byte[-(key.Length + value.Length) & 3]);
                count++;
            }
        }

        return [.. BitConverter.GetBytes((uint)records.Length), .. BitConverter.GetBytes(count), .. records.ToArray()];
    }

    private static uint Length(Random random, int length) => random.Next(6) switch
    {
        0 => 0,
        1 => uint.MaxValue,
        2 => (uint)RegistrationBlock.Capacity,
        3 => (uint)RegistrationBlock.Capacity - RegistrationBlock.CopyHeaderSize,
        4 => (uint)(length + random.Next(-9, 9)),
        _ => (uint)random.NextInt64(uint.MaxValue),
    };

    private static void Write(FileDescriptor memfd, byte[] bytes, long offset)
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle handle = new(memfd.Number, ownsHandle: false);
        RandomAccess.Write(handle, bytes, offset);
    }
}
