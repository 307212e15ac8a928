// The platforms that there is a package with the program for, by the name of its package.

export const platforms = {
  '@perkoon/cli-linux-x64': { os: ['linux'], cpu: ['x64'], libc: ['glibc'] },
  '@perkoon/cli-linux-arm64': { os: ['linux'], cpu: ['arm64'], libc: ['glibc'] },
  '@perkoon/cli-darwin-x64': { os: ['darwin'], cpu: ['x64'] },
  '@perkoon/cli-darwin-arm64': { os: ['darwin'], cpu: ['arm64'] },
  '@perkoon/cli-win32-x64': { os: ['win32'], cpu: ['x64'] },
};
