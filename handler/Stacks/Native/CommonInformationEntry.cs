namespace CrashHandler.Handler.Stacks.Native;

/// <summary>A CIE of <c>.eh_frame</c>: what many functions have in common.</summary>
/// <param name="CodeAlignment">Factor of advances.</param>
/// <param name="DataAlignment">Factor of offsets.</param>
/// <param name="ReturnRegister">Column of the return address.</param>
/// <param name="PointerEncoding">Of the addresses in its FDEs.</param>
/// <param name="HasAugmentationData">Its FDEs have a length and data before their instructions (<c>z</c>).</param>
/// <param name="IsSignalFrame">Its frames are a signal's (<c>S</c>): their caller was interrupted, and called nothing.</param>
/// <param name="Instructions">Those before each FDE's own.</param>
internal sealed record CommonInformationEntry(ulong CodeAlignment, long DataAlignment, int ReturnRegister, byte PointerEncoding, bool HasAugmentationData, bool IsSignalFrame, byte[] Instructions)
{
    /// <summary>Reads one.</summary>
    /// <param name="bytes">What follows its id.</param>
    /// <param name="address">Where that is.</param>
    /// <exception cref="InvalidDataException">It is none that is known.</exception>
    public static CommonInformationEntry Read(ReadOnlySpan<byte> bytes, ulong address)
    {
        DwarfReader reader = new(bytes, address);
        byte version = reader.Byte();
        if (version is not (1 or 3 or 4))
        {
            throw new InvalidDataException($"a CIE of version {version}");
        }

        int nameLength = reader.Rest().IndexOf((byte)0);
        ReadOnlySpan<byte> augmentation = reader.Take((ulong)(nameLength < 0 ? int.MaxValue : nameLength));
        reader.Skip(1);
        if (version == 4)
        {
            // Bytes of an address, and of a segment selector.
            reader.Skip(2);
        }

        if (augmentation is [(byte)'e', (byte)'h', ..])
        {
            // GCC before 3.0: a pointer to exception data.
            reader.Skip(sizeof(ulong));
            augmentation = augmentation[2..];
        }

        ulong codeAlignment = reader.Unsigned();
        long dataAlignment = reader.Signed();
        ulong returnRegister = version == 1 ? reader.Byte() : reader.Unsigned();
        if (returnRegister >= DwarfRegister.Count)
        {
            throw new InvalidDataException($"the return address in register {returnRegister}");
        }

        byte encoding = Native.PointerEncoding.Absolute;
        bool hasData = augmentation is [(byte)'z', ..];
        bool isSignalFrame = false;
        if (hasData)
        {
            ulong dataLength = reader.Unsigned();
            int end = reader.Position + (int)Math.Min(dataLength, int.MaxValue / 2);
            foreach (byte letter in augmentation[1..])
            {
                switch (letter)
                {
                    case (byte)'R':
                        encoding = reader.Byte();
                        continue;
                    case (byte)'P':
                        SkipPointer(ref reader, reader.Byte());
                        continue;
                    case (byte)'L':
                        reader.Skip(1);
                        continue;
                    case (byte)'S':
                        isSignalFrame = true;
                        continue;
                }

                // A letter of later times: the length tells where the instructions begin.
                break;
            }

            reader.Skip(end - reader.Position);
        }
        else if (augmentation.Length > 0)
        {
            throw new InvalidDataException("a CIE with an unknown augmentation and no length of it");
        }

        return new CommonInformationEntry(codeAlignment, dataAlignment, (int)returnRegister, encoding, hasData, isSignalFrame, reader.Rest().ToArray());
    }

    private static void SkipPointer(ref DwarfReader reader, byte encoding)
    {
        if (encoding != Native.PointerEncoding.Omit)
        {
            reader.Pointer((byte)(encoding & Native.PointerEncoding.FormatMask));
        }
    }
}
