/**
 * A plugin with a rule that tells all of a plan: what findings of two plans have in common says little, as long as all is well. Left out
 * are what is free on the target, which changes by itself, and bytes in use of volumes, which a record has by grains.
 */
export const planTellingRule = `
const without = (object, ...names) =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
export const plugin = {
  meta: { name: 'telling', version: '1.0.0', api: 1 },
  policies: [{
    meta: {
      id: 'telling/plan', description: 'All is told', severity: 'info', source: 'test',
      messages: { told: '{plan}' },
    },
    check: (plan, report) => {
      const target = without(plan.target, 'free', 'total');
      const disks = plan.disks.map((disk) => ({
        ...disk,
        layout: {
          ...disk.layout,
          volumes: disk.layout.volumes.map((volume) => without(volume, 'usedBytes', 'leftOut', 'inside')),
        },
      }));
      const told = JSON.stringify({ ...plan, target, disks }, (_, value) =>
        typeof value === 'object' && value !== null && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
          : value);
      report({ messageId: 'told', subject: 'plan', data: { plan: told } });
    },
  }],
};
`;
