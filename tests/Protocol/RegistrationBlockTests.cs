using System.Buffers.Binary;
using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Protocol;

public class RegistrationBlockTests
{
    private readonly byte[] _block = new byte[RegistrationBlock.Size];

    public RegistrationBlockTests() => RegistrationBlock.Initialize(_block);

    [Fact]
    public void ItsSizesAreThoseOfTheDocument()
    {
        Assert.Equal(16_781_312, RegistrationBlock.Size);
        Assert.Equal(8_392_704, RegistrationBlock.Copy1);
        int longestParameter = 8 + 256 + ProtocolLimits.MaxValueBytes;
        Assert.True(RegistrationBlock.Capacity - RegistrationBlock.CopyHeaderSize > ProtocolLimits.MaxParameters * longestParameter);
    }

    [Fact]
    public void TheMostAndLongestOfEverythingFits()
    {
        string Long(int bytes) => new('x', bytes);
        Dictionary<string, string> fields = new()
        {
            [RegistrationFields.Database] = Long(4_096),
            [RegistrationFields.Url] = Long(ProtocolLimits.MaxUrlBytes),
            [RegistrationFields.Headers] = Long(ProtocolLimits.MaxHeadersBytes),
            [RegistrationFields.WaitForUpload] = "3600000",
            [RegistrationFields.ExceptionType] = Long(ProtocolLimits.MaxExceptionTypeBytes),
            [RegistrationFields.ExceptionMessage] = Long(ProtocolLimits.MaxExceptionMessageBytes),
            [RegistrationFields.ExceptionText] = Long(ProtocolLimits.MaxExceptionTextBytes),
        };
        foreach (string name in new[]
        {
            RegistrationFields.ProcessType, RegistrationFields.Prod, RegistrationFields.Ver, RegistrationFields.Version, RegistrationFields.ProductName, RegistrationFields.CompanyName,
        })
        {
            fields[name] = Long(ProtocolLimits.MaxNameBytes);
        }

        foreach (string choice in new[] { RegistrationFields.CompressUploads, RegistrationFields.RateLimit, RegistrationFields.MainProcess, RegistrationFields.Ended })
        {
            fields[choice] = RegistrationFields.Yes;
        }

        for (int index = 0; index < ProtocolLimits.MaxAttachments; index++)
        {
            fields[RegistrationFields.Attachment(index)] = Long(ProtocolLimits.MaxAttachmentPathBytes);
        }

        Dictionary<string, string> parameters = Enumerable.Range(0, ProtocolLimits.MaxParameters).ToDictionary(
            i => i.ToString("x").PadLeft(ProtocolLimits.MaxKeyBytes, 'k'), _ => Long(ProtocolLimits.MaxValueBytes));

        RegistrationBlock.Write(_block, new Registration(fields, parameters));

        Assert.Equal(fields, Read().Fields);
    }

    [Fact]
    public void NothingIsWrittenAtFirst()
    {
        Assert.Equal(RegistrationBlock.Copy0, RegistrationBlock.Locate(_block, out ulong generation));
        Assert.Equal(0ul, generation);
    }

    [Fact]
    public void WhatIsWrittenIsRead()
    {
        Registration registration = new(
            new Dictionary<string, string> { [RegistrationFields.ProcessType] = "renderer", [RegistrationFields.Url] = "" },
            new Dictionary<string, string> { ["ключ"] = "värde", ["x"] = new string('v', ProtocolLimits.MaxValueBytes) });

        RegistrationBlock.Write(_block, registration);

        Registration read = Read();
        Assert.Equal(registration.Fields, read.Fields);
        Assert.Equal(registration.Parameters, read.Parameters);
    }

    [Fact]
    public void WritesGoToTheCopiesInTurnAndLeaveTheFormerWhole()
    {
        RegistrationBlock.Write(_block, Parameter("a", "1"));
        int first = RegistrationBlock.Locate(_block, out _);
        byte[] formerCopy = _block.AsSpan(first, 64).ToArray();
        RegistrationBlock.Write(_block, Parameter("a", "2"));
        int second = RegistrationBlock.Locate(_block, out ulong generation);

        Assert.NotEqual(first, second);
        Assert.Equal(2ul, generation);
        Assert.Equal(formerCopy, _block.AsSpan(first, 64).ToArray());
        Assert.Equal("2", Read().Parameters["a"]);
    }

    [Fact]
    public void AWriterThatDiesHalfWayLeavesTheFormerCopyReadable()
    {
        RegistrationBlock.Write(_block, Parameter("a", "1"));
        _block.AsSpan(RegistrationBlock.Copy1, 4096).Fill(0xAA);

        Assert.Equal("1", Read().Parameters["a"]);
    }

    [Fact]
    public void TheMostThatIsAllowedFits()
    {
        Dictionary<string, string> parameters = Enumerable.Range(0, ProtocolLimits.MaxParameters)
            .ToDictionary(i => $"{i:d3}" + new string('k', ProtocolLimits.MaxKeyBytes - 3), _ => new string('v', ProtocolLimits.MaxValueBytes));

        RegistrationBlock.Write(_block, new Registration(new Dictionary<string, string>(), parameters));

        Assert.Equal(ProtocolLimits.MaxParameters, Read().Parameters.Count);
    }

    [Theory]
    [InlineData("", "v")]
    [InlineData("k", null)]
    public void WhatDoesNotFitARecordIsRefusedAndChangesNothing(string key, string? value)
    {
        RegistrationBlock.Write(_block, Parameter("a", "1"));

        Assert.Throws<ArgumentException>(() => RegistrationBlock.Write(_block, Parameter(key, value ?? new string('v', ProtocolLimits.MaxValueBytes + 1))));
        Assert.Equal("1", Read().Parameters["a"]);
    }

    [Theory]
    [InlineData(0, 0u)]
    [InlineData(4, 2u)]
    [InlineData(8, 1u)]
    public void AnotherHeaderIsMalformed(int offset, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_block.AsSpan(offset), value);

        Assert.Throws<MalformedFrameException>(() => RegistrationBlock.Locate(_block, out _));
    }

    // Each a copy: length of records, number, then one record: kind, key length, value length, key 'k', value 'v'.
    [Theory]
    [InlineData("ffffffff" + "01000000")]
    [InlineData("0c000000" + "02000000" + "0200" + "0100" + "01000000" + "6b760000")]
    [InlineData("0c000000" + "01000000" + "0300" + "0100" + "01000000" + "6b760000")]
    [InlineData("0c000000" + "01000000" + "0200" + "0000" + "01000000" + "6b760000")]
    [InlineData("0c000000" + "01000000" + "0200" + "0100" + "ffffffff" + "6b760000")]
    [InlineData("0c000000" + "01000000" + "0200" + "0100" + "05000000" + "6b760000")]
    [InlineData("0c000000" + "01000000" + "0200" + "0100" + "01000000" + "ff760000")]
    [InlineData("0c000000" + "01000000" + "0200" + "0100" + "01000000")]
    public void ACopyThatPointsOutsideIsMalformed(string hex)
        => Assert.Throws<MalformedFrameException>(() => RegistrationBlock.Decode(Convert.FromHexString(hex)));

    private static Registration Parameter(string key, string value)
        => new(new Dictionary<string, string>(), new Dictionary<string, string> { [key] = value });

    private Registration Read() => RegistrationBlock.Decode(_block.AsSpan(RegistrationBlock.Locate(_block, out _), RegistrationBlock.Capacity));
}
