using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace CrashHandler.Tests.Managed;

/// <summary>An assembly of one method, and the PDB that a compiler would have made of it.</summary>
internal sealed record MadeUpAssembly(byte[] Image, byte[] Pdb, Guid Mvid)
{
    /// <summary>Token of its one method.</summary>
    public const uint Method = 0x0600_0001;

    /// <summary>Its only source file.</summary>
    public const string Source = "/src/Made/Up.cs";

    /// <summary>Line of an instruction that is no source line's.</summary>
    public const int Hidden = 0;

    private const int CodeBytes = 64;
    private const ushort PortableVersion = 0x0100;

    /// <summary>Makes one.</summary>
    /// <param name="build">Two with different numbers are different builds of one assembly.</param>
    /// <param name="points">Where lines begin: offset in the IL and line, or <see cref="Hidden"/>.</param>
    /// <param name="pdbPath">Where the compiler wrote the PDB.</param>
    /// <param name="isEmbedded">The PDB is in the assembly.</param>
    /// <param name="sourceParts">How often the name of the source file repeats itself.</param>
    public static MadeUpAssembly Make(int build, (int Offset, int Line)[] points, string pdbPath = "/src/Made/obj/made.pdb", bool isEmbedded = false, int sourceParts = 1)
    {
        Guid mvid = new(build, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
        MetadataBuilder metadata = new();
        metadata.AddModule(0, metadata.GetOrAddString("made.dll"), metadata.GetOrAddGuid(mvid), default, default);
        metadata.AddAssembly(metadata.GetOrAddString("made"), new Version(1, 0), default, default, default, AssemblyHashAlgorithm.None);
        metadata.AddTypeDefinition(default, default, metadata.GetOrAddString("<Module>"), default, MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));
        BlobBuilder signature = new(), code = new();
        new BlobEncoder(signature).MethodSignature().Parameters(0, type => type.Void(), _ => { });
        InstructionEncoder instructions = new(new BlobBuilder());
        for (int i = 1; i < CodeBytes; i++)
        {
            instructions.OpCode(ILOpCode.Nop);
        }

        instructions.OpCode(ILOpCode.Ret);
        int body = new MethodBodyStreamEncoder(code).AddMethodBody(instructions);
        metadata.AddMethodDefinition(MethodAttributes.Static, MethodImplAttributes.IL, metadata.GetOrAddString("M"), metadata.GetOrAddBlob(signature), body, default);

        MetadataBuilder symbols = new();
        DocumentHandle document = symbols.AddDocument(NameOf(symbols, sourceParts), default, default, default);
        symbols.AddMethodDebugInformation(document, symbols.GetOrAddBlob(Encode(points)));
        BlobContentId id = new(new Guid(build, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9), 0x5000_0000u + (uint)build);
        PortablePdbBuilder pdb = new(symbols, metadata.GetRowCounts(), default, _ => id);
        BlobBuilder pdbBytes = new();
        pdb.Serialize(pdbBytes);

        DebugDirectoryBuilder debug = new();
        debug.AddCodeViewEntry(pdbPath, id, PortableVersion);
        if (isEmbedded)
        {
            debug.AddEmbeddedPortablePdbEntry(pdbBytes, PortableVersion);
        }

        BlobBuilder image = new();
        new ManagedPEBuilder(new PEHeaderBuilder(imageCharacteristics: Characteristics.Dll | Characteristics.ExecutableImage), new MetadataRootBuilder(metadata), code, debugDirectoryBuilder: debug)
            .Serialize(image);
        return new MadeUpAssembly(image.ToArray(), pdbBytes.ToArray(), mvid);
    }

    private static BlobHandle NameOf(MetadataBuilder symbols, int sourceParts)
    {
        BlobBuilder name = new();
        name.WriteByte(0);
        BlobHandle part = symbols.GetOrAddBlobUTF8(Source);
        for (int i = 0; i < sourceParts; i++)
        {
            name.WriteCompressedInteger(MetadataTokens.GetHeapOffset(part));
        }

        return symbols.GetOrAddBlob(name);
    }

    // PortablePdb-Metadata.md, "Sequence Points Blob".
    private static BlobBuilder Encode((int Offset, int Line)[] points)
    {
        BlobBuilder blob = new();
        blob.WriteCompressedInteger(0); // No local variables.
        int offset = 0, line = 0;
        foreach ((int Offset, int Line) point in points)
        {
            blob.WriteCompressedInteger(point.Offset - offset);
            offset = point.Offset;
            blob.WriteCompressedInteger(0); // Of one line,
            blob.WriteCompressedInteger(point.Line == Hidden ? 0 : 1); // and one column.
            if (point.Line == Hidden)
            {
                continue;
            }

            if (line == 0)
            {
                blob.WriteCompressedInteger(point.Line);
                blob.WriteCompressedInteger(1);
            }
            else
            {
                blob.WriteCompressedSignedInteger(point.Line - line);
                blob.WriteCompressedSignedInteger(0);
            }

            line = point.Line;
        }

        return blob;
    }
}
