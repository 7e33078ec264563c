"""Parses a recorded request as the MIME message that it is."""
import email.parser
import email.policy
import hashlib
import json
import sys

head_path, body_path = sys.argv[1:]
with open(head_path, "rb") as file:
    _, headers = file.read().split(b"\r\n", 1)
with open(body_path, "rb") as file:
    body = file.read()

message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(headers.rstrip(b"\r\n") + b"\r\n\r\n" + body)
if message.defects:
    sys.exit(f"defects: {message.defects}")

fields, files = {}, {}
for part in message.iter_parts():
    if part.defects:
        sys.exit(f"defects of a part: {part.defects}")
    name = part.get_param("name", header="content-disposition")
    name = name.encode("utf-8", "surrogateescape").decode("utf-8")
    content = part.get_payload(decode=True)
    if part.get_filename() is None:
        fields[name] = content.decode("utf-8")
    else:
        files[name] = {
            "filename": part.get_filename(),
            "mimeType": part.get_content_type(),
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }

print(json.dumps({"fields": fields, "files": files}))
