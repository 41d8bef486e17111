// Computes the CIDs of files with the importer of npm, as `ipfs add --cid-version=1 --raw-leaves` does: chunks of 262144 bytes, balanced, 174
// links a node. Reads one line of JSON, {"files": [paths]}; writes one line for each file, {"path", "cid"}.
import { createReadStream } from 'node:fs'
import { importer } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import { balanced } from 'ipfs-unixfs-importer/layout'

// The importer only needs somewhere to put blocks; only their CIDs matter here.
const blockstore = { async put (cid) { return cid } }

const input = []
for await (const chunk of process.stdin) input.push(chunk)
const { files } = JSON.parse(Buffer.concat(input))
for (const path of files) {
  const source = [{ content: createReadStream(path, { highWaterMark: 1 << 20 }) }]
  const options = {
    cidVersion: 1,
    rawLeaves: true,
    reduceSingleLeafToSelf: true,
    chunker: fixedSize({ chunkSize: 262144 }),
    layout: balanced({ maxChildrenPerNode: 174 })
  }
  let cid
  for await (const entry of importer(source, blockstore, options)) cid = entry.cid
  console.log(JSON.stringify({ path, cid: cid.toString() }))
}
